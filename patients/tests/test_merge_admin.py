"""Likely twins in the console: asked about, compared, merged, told apart, and taken back."""

from datetime import date

import pytest

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import faults, said, signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.forms import form_data
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.duplicates import find_and_keep
from patients.models import MergeRecord, Patient, PossibleDuplicate
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.merging import everything

pytestmark = pytest.mark.django_db

LIST = "/admin/patients/patient/"
PAIRS = "/admin/patients/possibleduplicate/"
MERGES = "/admin/patients/mergerecord/"
SENT = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@mail.example",
    "phone": "030 901820",
    "date_of_birth": "1986-12-09",
    "country": "DE",
}
GRACE = {"first_name": "Grace", "last_name": "Hoper", "date_of_birth": date(1986, 12, 9)}


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


def text(response) -> str:
    return response.content.decode()


def compared(one: Patient, other: Patient, what: str = "merge") -> str:
    return f"{LIST}{one.pk}/{what}/{other.pk}/"


def choices(**other) -> dict[str, str]:
    return {"email": "survivor", "phone": "survivor"} | other


def test_registering_asks_first_and_names_the_twin(desk):
    twin = PatientFactory(**GRACE)

    response = desk.post(f"{LIST}add/", SENT)

    assert response.status_code == 200
    assert Patient.objects.get() == twin
    assert [found.patient for found in response.context["twins"]] == [twin]
    page = text(response)
    assert twin.record_number in page
    assert "Same first name, similar last name, same date of birth." in page
    assert "registered already" in faults(response)["__all__"][0]
    assert AccessLog.objects.latest("at").patients == [twin.pk]


def test_told_that_it_is_another_person_it_registers(desk):
    PatientFactory(**GRACE)

    response = desk.post(f"{LIST}add/", SENT | {"register_anyway": "1"})

    assert response.status_code == 302
    assert Patient.objects.count() == 2


def test_nobody_is_asked_where_there_is_no_twin(desk):
    PatientFactory(first_name="Ben", last_name="Okafor")

    assert desk.post(f"{LIST}add/", SENT).status_code == 302


def test_the_web_page_asks_nobody_and_tells_nothing(client):
    twin = PatientFactory(**GRACE)

    page = text(client.get("/register/", follow=True))

    assert twin.record_number not in page
    assert "register_anyway" not in page


@pytest.mark.parametrize("twins", [1, 3])
def test_the_box_names_the_twins_in_a_fixed_number_of_queries(
    desk, twins, django_assert_num_queries
):
    patient = PatientFactory(**GRACE)
    others = PatientFactory.create_batch(twins, **GRACE)

    with django_assert_num_queries(19):
        page = text(desk.get(f"{LIST}{patient.pk}/change/"))

    assert all(compared(patient, other) in page for other in others)
    assert set(AccessLog.objects.latest("at").patients) == {patient.pk, *(o.pk for o in others)}


def test_a_doctor_sees_no_unassigned_twin():
    doctor = DoctorFactory(with_account=True)
    patient, own, foreign = PatientFactory.create_batch(3, **GRACE)
    for one in (patient, own):
        CareAssignmentFactory(doctor=doctor, patient=one)

    page = text(signed_in(doctor.user).get(f"{LIST}{patient.pk}/change/"))

    assert own.record_number in page
    assert foreign.record_number not in page
    assert "/merge/" not in page


def test_the_list_shows_open_pairs_the_surest_first(desk):
    patient, sure = PatientFactory.create_batch(2, **GRACE)
    less = PatientFactory(**GRACE | {"first_name": "Ann"})
    find_and_keep(patient)

    rows = list(desk.get(PAIRS).context["cl"].result_list)

    assert [{row.first, row.second} for row in rows] == [{patient, sure}, {patient, less}]
    services.dismiss(patient, sure, by=UserFactory())
    assert len(desk.get(PAIRS).context["cl"].result_list) == 1
    assert len(desk.get(f"{PAIRS}?state=dismissed").context["cl"].result_list) == 1


@pytest.mark.parametrize("twins", [1, 3])
def test_the_list_takes_a_fixed_number_of_queries(desk, twins, django_assert_num_queries):
    patient = PatientFactory(**GRACE)
    PatientFactory.create_batch(twins, **GRACE)
    find_and_keep(patient)

    with django_assert_num_queries(7):
        assert len(desk.get(PAIRS).context["cl"].result_list) == twins


def test_a_pair_leads_to_the_two_side_by_side(desk):
    patient, twin = PatientFactory.create_batch(2, **GRACE)
    find_and_keep(patient)
    pair = PossibleDuplicate.objects.get()

    response = desk.get(f"{PAIRS}{pair.pk}/change/")

    assert response["Location"] == compared(patient, twin)


def test_the_comparison_marks_what_differs_and_notes_who_looked(desk):
    one = PatientFactory(**GRACE, city="Berlin", medical_history="Asthma")
    other = PatientFactory(**GRACE, street="Elm Row 1", medical_history="Hay fever")

    response = desk.get(compared(one, other))

    rows = {row.name: row for row in response.context["rows"]}
    assert not rows["first_name"].choice
    assert (rows["city"].choice, rows["street"].choice) == ("survivor", "other")
    assert (rows["medical_history"].choice, rows["medical_history"].conflicts) == ("both", True)
    assert set(AccessLog.objects.latest("at").patients) == {one.pk, other.pk}


def test_the_name_of_before_a_wedding_is_kept_unless_told_otherwise(desk):
    one = PatientFactory(**GRACE | {"last_name": "Keller"})
    for sent, former in (({"former": "on"}, "Hoper"), ({}, "")):
        other = PatientFactory(**GRACE)
        page = text(desk.get(compared(one, other)))
        assert "The other one is a former name" in page
        assert 'name="former" id="id_former" checked' in page.replace("  ", " ")

        desk.post(compared(one, other), choices(last_name="survivor") | sent)

        assert Patient.objects.get(pk=one.pk).former_names == former
        services.undo(MergeRecord.objects.latest("merged_at"), by=UserFactory())


def test_merging_and_undoing_in_the_console(desk):
    survivor, other = PatientFactory.create_batch(2, **GRACE)
    before = everything()

    merged = desk.post(compared(survivor, other), choices(email="other"), follow=True)

    record = MergeRecord.objects.get()
    assert merged.redirect_chain == [(f"{LIST}{survivor.pk}/change/", 302)]
    assert f"{MERGES}{record.pk}/change/" in text(merged)
    assert Patient.objects.standing().get().email == other.email
    assert other.record_number not in text(desk.get(f"{LIST}?q=Hoper"))
    page = text(desk.get(f"{MERGES}{record.pk}/change/"))
    assert survivor.email in page
    assert "Undo merge" in page

    undone = desk.post(f"{MERGES}{record.pk}/undo/")

    assert said(undone) == ["The merge is undone: both records are as they were."]
    assert everything() == before
    assert "Undo merge" not in text(desk.get(f"{MERGES}{record.pk}/change/"))


def test_a_refused_merge_keeps_the_choices_and_says_why(desk):
    survivor = PatientFactory(**GRACE, zip="10115")
    other = PatientFactory(**GRACE, zip="SW1A 1AA", country="GB")
    sent = choices(zip="other", country="survivor")

    response = desk.post(compared(survivor, other), sent)

    assert response.context["form"].errors["zip"]
    assert {row.name: row.choice for row in response.context["rows"]}["zip"] == "other"
    assert not MergeRecord.objects.exists()


def test_an_undoing_that_is_not_possible_says_why(desk):
    survivor, other = PatientFactory.create_batch(2)
    record = services.merge(survivor, other, by=UserFactory())
    newcomer = PatientFactory(email=other.email)

    response = desk.post(f"{MERGES}{record.pk}/undo/")

    newcomer.refresh_from_db()
    assert newcomer.record_number in said(response)[0]


def test_two_persons_are_told_apart_for_good(desk):
    one, other = PatientFactory.create_batch(2, **GRACE)

    response = desk.post(compared(one, other, "dismiss"))

    assert response["Location"] == PAIRS
    assert PossibleDuplicate.objects.get().state == "dismissed"
    assert compared(one, other) not in text(desk.get(f"{LIST}{one.pk}/change/"))


@pytest.mark.parametrize("what", ["merge", "dismiss"])
def test_a_doctor_neither_merges_nor_tells_apart(what):
    doctor = DoctorFactory(with_account=True)
    pair = PatientFactory.create_batch(2)
    for one in pair:
        CareAssignmentFactory(doctor=doctor, patient=one)

    assert signed_in(doctor.user).post(compared(*pair, what), choices()).status_code == 403
    assert not MergeRecord.objects.exists()


def test_a_merged_patient_is_missing_from_the_lists_of_the_api(api):
    admin = UserFactory(role=Role.ADMIN)
    survivor, other = PatientFactory.create_batch(2)
    services.merge(survivor, other, by=admin)
    client = api(admin)

    assert client.get("/api/v1/patients").json()["count"] == 1


def test_who_read_the_merged_record_is_in_the_log_of_the_survivor():
    admin = UserFactory(role=Role.ADMIN)
    survivor, other = PatientFactory.create_batch(2)
    AccessLog.objects.create(action="read", patients=[other.pk], door="api", user=admin)
    services.merge(survivor, other, by=admin)

    response = signed_in(admin).get(f"{LIST}{survivor.pk}/access/")

    assert len(response.context["page"].object_list) == 1


def test_a_record_that_was_changed_meanwhile_is_not_merged_unseen():
    admin = UserFactory(role=Role.ADMIN)
    one, other = PatientFactory(), PatientFactory()
    page, browser = f"/admin/patients/patient/{one.pk}/merge/{other.pk}/", signed_in(admin)
    shown = form_data(browser.get(page), "opened")
    now = Patient.objects.get(pk=other.pk)
    now.city = "Hamburg"
    services.change(now, by=admin)

    answer = browser.post(page, shown)

    assert "was changed while you had this open" in answer.content.decode()
    assert Patient.objects.get(pk=other.pk).merged_into_id is None
    again = form_data(answer, "opened") | {"city": "other"}  # They differ there only now.
    assert browser.post(page, again).status_code == 302
