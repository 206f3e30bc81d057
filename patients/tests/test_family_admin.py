"""Families at the desk: a known contact, somebody new of a family, and who belongs to whom."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import faults, opened, said, signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.forms import form_data
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import Patient, RelatedPerson
from patients.reach import reach
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.relations import birthday, child_of, guardian, related

pytestmark = pytest.mark.django_db
LIST = "/admin/patients/patient/"
RUTH = {
    "first_name": "Ruth",
    "last_name": "Keller",
    "email": "ruth@mail.example",
    "phone": "+4930901820",
    "date_of_birth": date(1985, 3, 7),
    "street": "Elm Row 12",
    "zip": "10115",
    "city": "Berlin",
    "language": "de",
    "insurance_provider": "Mutual",
}
LEA = {
    "first_name": "Lea",
    "last_name": "Keller-Braun",
    "email": "ruth@mail.example",
    "phone": "030 901820",
    "date_of_birth": "2019-05-02",
    "country": "DE",
    "medical_history": "Asthma",
}


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


@pytest.fixture
def ruth():
    return PatientFactory(**RUTH)


def text(response) -> str:
    return response.content.decode()


def family(patient: Patient, *path) -> str:
    return f"{LIST}{patient.pk}/family/{'/'.join(map(str, path))}/"


def page_of(patient: Patient) -> str:
    return f"{LIST}{patient.pk}/change/"


def test_a_known_contact_says_whose_it_is_and_keeps_what_was_typed(desk, ruth):
    response = desk.post(f"{LIST}add/", LEA)

    assert set(faults(response)) == {"email", "phone"}
    page = text(response)
    assert "The e-mail address and phone number are Ruth Keller's" in page
    assert f"{ruth.record_number}, born 7 Mar 1985" in page
    assert page_of(ruth) in page
    assert "Asthma" in page
    assert "Open Ruth Keller's record" in page
    assert 'href="#id_email" data-focus' in page
    assert AccessLog.objects.latest("at").patients == [ruth.pk]
    assert Patient.objects.get() == ruth


def test_one_click_reaches_the_new_patient_through_the_owner(desk, ruth):
    shown = desk.post(f"{LIST}add/", LEA)
    sent = form_data(shown, f"relationship-{ruth.pk}")
    assert sent[f"relationship-{ruth.pk}"] == "parent"  # Of a minor.

    response = desk.post(f"{LIST}add/", sent | {"through": f"{ruth.pk} email phone"})

    lea = Patient.objects.exclude(pk=ruth.pk).get()
    assert response["Location"] == page_of(lea)
    assert (lea.last_name, lea.email, lea.phone, lea.street) == ("Keller-Braun", "", "", "")
    relation = lea.related_persons.get()
    assert (relation.relationship, relation.may_act, relation.gets_messages) == (
        "parent",
        True,
        True,
    )
    assert relation.confirmed_by is not None
    assert [one.email for one in reach(lea)] == [ruth.email]


def test_the_same_family_takes_over_what_was_left_empty(desk, ruth):
    sent = LEA | {"last_name": "", "date_of_birth": "1984-01-02", "first_name": "Tom"}
    way = {"family": f"{ruth.pk} email phone", f"relationship-{ruth.pk}": "spouse"}

    desk.post(f"{LIST}add/", sent | way)

    tom = Patient.objects.get(first_name="Tom")
    assert (tom.last_name, tom.street, tom.zip, tom.city) == (
        "Keller", "Elm Row 12", "10115", "Berlin",
    )  # fmt: skip
    assert (tom.language, tom.insurance_provider) == ("de", "Mutual")
    relation = tom.related_persons.get()
    assert (relation.relationship, relation.may_act) == ("spouse", False)


def test_what_is_wrong_besides_leaves_the_choice_in_the_form(desk, ruth):
    way = {"through": f"{ruth.pk} email phone", f"relationship-{ruth.pk}": "guardian"}

    shown = desk.post(f"{LIST}add/", LEA | {"date_of_birth": "2999-01-01"} | way)

    assert set(faults(shown)) == {"date_of_birth"}
    assert "Reached through Ruth Keller" in text(shown)
    desk.post(f"{LIST}add/", form_data(shown, "through") | {"date_of_birth": "2019-05-02"})
    assert Patient.objects.get(first_name="Lea").related_persons.get().relationship == "guardian"


def test_the_second_twin_is_registered_through_the_mother_without_a_question(desk, ruth):
    child_of(ruth, born=date(2019, 5, 2), first_name="Mia", last_name="Keller-Braun")
    way = {"family": f"{ruth.pk} email phone", f"relationship-{ruth.pk}": "parent"}

    assert desk.post(f"{LIST}add/", LEA | way).status_code == 302


def test_what_lapsed_with_the_coming_of_age_is_said_and_confirmed_anew(desk, ruth):
    lea = child_of(born=birthday(18), first_name="Lea")
    before = timezone.now() - timedelta(days=2)
    relation = related(lea, ruth, gets_messages=True, confirmed_at=before)
    page = desk.get(page_of(lea))
    assert "Lapsed when of age" in text(page)
    assert not page.context["is_reached"]
    assert reach(lea) == []

    words = said(desk.post(family(lea, relation.pk, "confirm")))

    assert words == [f"Confirmed: Ruth Keller is {lea}'s parent, and may act for {lea}."]
    page = desk.get(page_of(lea))
    assert "Lapsed" not in text(page)
    assert page.context["is_reached"]
    assert [one.email for one in reach(lea)] == [ruth.email]


def test_a_patient_on_record_is_reached_through_the_owner_from_now_on(desk, ruth):
    lea = PatientFactory(first_name="Lea", phone="+4930555555", date_of_birth=birthday(8))
    for _ in range(2):  # The second time, they are related already.
        RelatedPerson.objects.update(gets_messages=False)
        now = Patient.objects.get(pk=lea.pk)
        sent = {
            **opened(desk, page_of(lea)),
            **{name: getattr(now, name) for name in ("first_name", "last_name", "language")},
            "date_of_birth": f"{now.date_of_birth}",
            "email": RUTH["email"],
            "phone": "",
            "country": "DE",
            "is_active": "on",
            "care_assignments-TOTAL_FORMS": "0",
            "care_assignments-INITIAL_FORMS": "0",
        }
        shown = desk.post(page_of(lea), sent)
        assert "The e-mail address is Ruth Keller's" in text(shown)
        way = {"through": f"{ruth.pk} email", f"relationship-{ruth.pk}": "parent"}

        response = desk.post(page_of(lea), sent | way)

        assert response.status_code == 302
        assert Patient.objects.get(pk=lea.pk).email == ""
        assert lea.related_persons.get().gets_messages


def test_whose_it_is_is_said_beside_other_faults(desk, ruth):
    shown = desk.post(f"{LIST}add/", LEA | {"last_name": ""})

    assert "last_name" in faults(shown)
    assert "The e-mail address and phone number are Ruth Keller's" in text(shown)
    shown = desk.post(
        f"{LIST}add/", LEA | {"last_name": "", "phone": "12", "email": "new@a.example"}
    )
    assert "Ruth Keller" not in text(shown)


@pytest.mark.parametrize("key", ["", "x", "019a0000-0000-7000-8000-000000000000 email phone"])
def test_a_way_through_nobody_is_none(desk, ruth, key):
    response = desk.post(f"{LIST}add/", LEA | {"through": key})

    assert set(faults(response)) == {"email", "phone"}


def test_the_next_children_take_a_name_and_a_birth_date(desk, ruth):
    for name, born in (("Lea", "2019-05-02"), ("Max", "2021-08-30"), ("Mia", "2021-08-30")):
        page = desk.get(family(ruth, "register"))
        sent = form_data(page, "last_name")
        assert (sent["last_name"], sent["relationship"]) == ("Keller", "parent")

        response = desk.post(
            family(ruth, "register"), sent | {"first_name": name, "date_of_birth": born}
        )

        assert response["Location"] == family(ruth, "register")
        assert "And another one?" in said(response)[0]
    children = Patient.objects.exclude(pk=ruth.pk)
    assert {child.first_name for child in children} == {"Lea", "Max", "Mia"}
    for child in children:
        assert (child.street, child.language, child.insurance_provider) == (
            "Elm Row 12", "de", "Mutual",
        )  # fmt: skip
        assert child.related_persons.get().may_act
    page = text(desk.get(family(ruth, "register")))
    assert all(page_of(child) in page for child in children)


def test_the_short_form_asks_about_a_child_that_is_there_already(desk, ruth):
    child_of(ruth, born=date(2019, 5, 2), first_name="Lea", last_name="Keller")
    sent = {
        "first_name": "Leah",
        "last_name": "Keller",
        "date_of_birth": "2019-05-02",
        "relationship": "parent",
    }

    shown = desk.post(family(ruth, "register"), sent)

    assert "Registered already?" in text(shown)
    assert Patient.objects.count() == 2
    desk.post(family(ruth, "register"), sent | {"register_anyway": "1"})
    assert Patient.objects.count() == 3


@pytest.mark.parametrize("missing", ["first_name", "last_name", "date_of_birth", "relationship"])
def test_the_short_form_says_what_is_missing(desk, ruth, missing):
    sent = {name: LEA[name] for name in ("first_name", "last_name", "date_of_birth")}

    shown = desk.post(family(ruth, "register"), sent | {"relationship": "parent"} | {missing: ""})

    assert set(shown.context["form"].errors) == {missing}
    assert Patient.objects.get() == ruth


def test_the_page_shows_the_family_from_each_side(desk):
    ruth = guardian(**RUTH)
    lea = child_of(ruth, first_name="Lea", last_name="Keller")
    max_ = child_of(ruth, first_name="Max", last_name="Keller", born=birthday(5))
    relation = lea.related_persons.get()
    relation.gets_messages, relation.valid_until = True, timezone.localdate() + timedelta(days=9)
    relation.save()
    related(ruth, None, name="Ann Vogel", phone="+49301234567", relationship="sibling")

    of_lea, of_ruth = text(desk.get(page_of(lea))), text(desk.get(page_of(ruth)))

    for piece in ("Parent", ruth.record_number, "+49 30 901820", "may act", "gets the messages"):
        assert piece in of_lea
    assert "until " in of_lea
    assert "To be confirmed" in of_lea
    assert page_of(ruth) in of_lea
    assert page_of(max_) in of_lea  # The brother, by way of the mother.
    assert "also a child of Ruth Keller" in of_lea
    for piece in ("Child", "8 years", "Ruth may act for Lea", "Ann Vogel", "+49 30 1234567"):
        assert piece in of_ruth
    assert page_of(lea) in of_ruth
    assert "Nobody gets messages about Max Keller" in text(desk.get(page_of(max_)))
    assert "Nobody gets messages" not in of_lea + of_ruth
    assert set(AccessLog.objects.latest("at").patients) == {ruth.pk, lea.pk, max_.pk}


def test_a_doctor_sees_of_others_the_name_alone(ruth):
    lea, max_ = child_of(ruth, first_name="Lea"), child_of(ruth, first_name="Max")
    doctor = DoctorFactory(with_account=True)
    CareAssignmentFactory(doctor=doctor, patient=lea)

    page = text(signed_in(doctor.user).get(page_of(lea)))

    assert "Ruth Keller" in page
    for piece in (str(ruth.pk), ruth.record_number, "Max Keller", str(max_.pk), "/family/"):
        assert piece not in page


def test_somebody_on_record_or_not_is_added(desk, ruth):
    lea = PatientFactory(first_name="Lea")
    add = family(lea, "add")

    desk.post(add, {"related_patient": ruth.pk, "relationship": "parent", "may_act": "on"})
    aunt = {"name": "Ann Vogel", "phone": "030 1234567", "relationship": "caregiver"}
    response = desk.post(add, aunt | {"gets_messages": "on", "language": "de"})

    assert response["Location"] == f"{page_of(lea)}#record-family"
    mother, caregiver = lea.related_persons.order_by("created_at")
    assert (mother.related_patient, mother.may_act) == (ruth, True)
    assert (caregiver.name, str(caregiver.phone)) == ("Ann Vogel", "+49301234567")
    assert all(one.confirmed_by for one in (mother, caregiver))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"related_patient": "own"}, "related_patient"),
        ({"related_patient": "known"}, "related_patient"),
        ({"related_patient": "not a key"}, "related_patient"),
        ({"name": ""}, "name"),
        ({"name": "Ann", "gets_messages": "on"}, "gets_messages"),
        ({"name": "Ann", "may_act": "on"}, "may_act"),
        ({"name": "Ann", "valid_until": "2020-01-01"}, "valid_until"),
    ],
)
def test_what_makes_no_relation_is_said_at_its_field(desk, ruth, sent, field):
    lea = child_of(ruth)
    keys = {"own": lea.pk, "known": ruth.pk}
    sent = {name: keys.get(value, value) for name, value in sent.items()}

    shown = desk.post(family(lea, "add"), {"relationship": "other"} | sent)

    assert field in shown.context["form"].errors
    assert lea.related_persons.count() == 1


def test_a_relation_is_confirmed_changed_and_ended(desk, ruth):
    lea = child_of(ruth, born=birthday(40))
    relation = lea.related_persons.get()

    confirmed = desk.post(family(lea, relation.pk, "confirm"))
    assert said(confirmed)[0].startswith("Confirmed: Ruth Keller is ")
    relation.refresh_from_db()
    assert (relation.may_act, relation.gets_messages) == (True, True)

    change = family(ruth, relation.pk, "change")  # From the other side.
    shown = form_data(desk.get(change), "opened")
    assert shown.pop("gets_messages") == "on"
    desk.post(change, shown | {"relationship": "caregiver"})
    relation.refresh_from_db()
    assert (relation.relationship, relation.may_act, relation.gets_messages) == (
        "caregiver",
        True,
        False,
    )

    end = family(lea, relation.pk, "end")
    assert "belongs to" in text(desk.get(end))
    tomorrow = timezone.localdate() + timedelta(days=1)
    desk.post(end, {"end": "", "last_day": f"{tomorrow}"})
    relation.refresh_from_db()
    assert relation.valid_until == tomorrow

    desk.post(end, {"withdraw": "", "last_day": f"{tomorrow}"})
    assert not RelatedPerson.objects.exists()
    assert desk.post(end, {"withdraw": ""}).status_code == 404


def test_two_who_change_one_relation_are_told(desk, ruth):
    relation = child_of(ruth).related_persons.get()
    change = family(relation.patient, relation.pk, "change")
    shown = form_data(desk.get(change), "opened")
    now = RelatedPerson.objects.get(pk=relation.pk)
    now.relationship = "guardian"
    services.change_relation(now, by=UserFactory())

    response = desk.post(change, shown | {"relationship": "other"})

    assert "relationship" in response.context["form"].errors
    assert RelatedPerson.objects.get(pk=relation.pk).relationship == "guardian"


def test_whose_relation_it_is_not_finds_none(desk, ruth):
    relation = child_of(ruth).related_persons.get()
    other = PatientFactory()
    doctor = DoctorFactory(with_account=True)
    CareAssignmentFactory(doctor=doctor, patient=relation.patient)

    for what in ("change", "end"):
        assert desk.get(family(other, relation.pk, what)).status_code == 404
        asked = signed_in(doctor.user).get(family(relation.patient, relation.pk, what))
        assert asked.status_code == 403
    assert signed_in(doctor.user).get(family(relation.patient, "register")).status_code == 403
    assert desk.post(family(other, relation.pk, "confirm")).status_code == 404


@pytest.mark.parametrize("size", [2, 6])
def test_a_family_of_any_size_takes_the_same_queries(desk, ruth, size, django_assert_num_queries):
    for _ in range(size):
        child_of(ruth)
    lea = child_of(ruth)
    desk.get(page_of(lea))

    with django_assert_num_queries(22):
        desk.get(page_of(lea))
