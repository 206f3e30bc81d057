"""A record that was merged: its id, number, e-mail and phone lead to the one that stands, for
those who may see that one. For all others it is as if it had never been."""

import pytest

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, WaitlistEntry
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.tests.files import confirm, faults, send, table
from clinic.tests.problems import V1, check_problem
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import CareAssignment, Patient
from patients.photos import clean_photo
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db
CONSOLE = "/admin/patients/patient/"
NOBODY = "019a0000-0000-7000-8000-000000000000"


class Merged:
    """A record merged into a second one, and that into the one that stands now."""

    def __init__(self):
        self.desk, self.doctor = UserFactory(role=Role.ADMIN), DoctorFactory(with_account=True)
        self.old = PatientFactory(email="old@mail.example", phone="+4930901820")
        self.between, self.standing = PatientFactory(), PatientFactory(with_account=True)
        CareAssignmentFactory(patient=self.old, doctor=self.doctor)
        self.visit = AppointmentFactory(patient=self.old, doctor=self.doctor)
        photo = clean_photo(upload())
        services.replace_document(self.old, photo, by=self.desk)
        services.merge(self.between, self.old, by=self.desk)
        services.merge(self.standing, self.between, by=self.desk)


@pytest.fixture
def merged():
    return Merged()


READ = [
    "patients/{}",
    "patients/{}/document",
    "patients/{}/access-log",
    "patient/profile/{}",
    "patient/profile/{}/export",
]


@pytest.mark.parametrize("path", READ)
def test_an_old_id_is_read_as_the_record_that_stands(api, merged, path):
    admin = api(merged.desk)

    for slash in ("", "/"):
        old = admin.get(f"{V1}/{path.format(merged.old.pk)}{slash}")
        assert old.status_code == 200
        assert old["Content-Location"] == f"{V1}/{path.format(merged.standing.pk)}"
    own = admin.get(f"{V1}/{path.format(merged.standing.pk)}")
    assert "Content-Location" not in own
    if "ETag" in own:
        assert own["ETag"] == old["ETag"]
        known = {"If-None-Match": own["ETag"]}
        unchanged = admin.get(f"{V1}/{path.format(merged.old.pk)}", headers=known)
        assert unchanged.status_code == 304
    if "access-log" not in path:
        assert AccessLog.objects.latest("at").patients == [merged.standing.pk]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *((method, "patients/{}") for method in ("put", "patch", "delete")),
        ("put", "patients/{}/document"),
        ("patch", "patient/profile/{}"),
    ],
)
def test_a_record_is_changed_at_its_own_address_alone(api, merged, method, path):
    before = list(Patient.objects.order_by("pk").values())

    response = getattr(api(merged.desk), method)(f"{V1}/{path.format(merged.old.pk)}")

    check_problem(response, 409, "wrong_state")
    own = f"{V1}/{path.format(merged.standing.pk)}"
    assert response["Link"] == f'<{own}>; rel="canonical"'
    assert str(merged.standing.pk) in response.json()["message"]
    assert list(Patient.objects.order_by("pk").values()) == before


def test_who_names_an_old_id_means_the_record_that_stands(api, merged):
    desk, old, standing = api(merged.desk), str(merged.old.pk), str(merged.standing.pk)
    doctor = str(merged.doctor.pk)

    body = {"doctor_id": doctor, "patient_id": old, "starts_at": next_monday(15).isoformat()}
    booked = desk.post(f"{V1}/appointments", body | {"duration_minutes": 30}, format="json")
    days = {"from_date": "2027-05-03", "to_date": "2027-05-04", "doctor_id": doctor}
    waits = desk.post(f"{V1}/waitlist", days | {"patient_id": old}, format="json")

    assert booked.status_code == waits.status_code == 201, (booked.json(), waits.json())
    assert booked.json()["patient_id"] == waits.json()["patient_id"] == standing
    for path, count in (("appointments", 2), ("waitlist", 1)):
        rows = desk.get(f"{V1}/{path}", {"patient_id": old}).json()
        assert rows == desk.get(f"{V1}/{path}", {"patient_id": standing}).json()
        assert rows["count"] == count
    assert desk.post(f"{V1}/doctors/{doctor}/patients/{old}").status_code == 200
    assert desk.delete(f"{V1}/doctors/{doctor}/patients/{old}").status_code == 204
    assert not CareAssignment.objects.exists()


def words_of(patient: Patient) -> list[str]:
    number, phone = patient.number, str(patient.phone)
    return [f"P-{number:06d}", str(number), patient.email, phone, f"0{phone[3:]}", phone[-6:]]


def test_an_old_number_address_or_phone_finds_the_record_that_stands(api, merged):
    desk, doctor, stranger = (
        api(merged.desk),
        api(merged.doctor.user),
        DoctorFactory(with_account=True),
    )
    for text in words_of(merged.old):
        for client, count in ((desk, 1), (doctor, 1), (api(stranger.user), 0)):
            found = client.get(f"{V1}/patients", {"search": text}).json()["results"]
            assert [row["id"] for row in found] == [str(merged.standing.pk)] * count, text
        page = signed_in(merged.desk).get(CONSOLE, {"q": text, "open": "1"})
        assert page["Location"] == f"{CONSOLE}{merged.standing.pk}/change/"
    assert desk.get(f"{V1}/patients", {"search": "x_ld@mail.example"}).json()["count"] == 0


@pytest.mark.parametrize("page", ["change", "history", "delete", "access", "photo", "photo/check"])
def test_the_console_leads_from_the_old_address_to_the_new_one(merged, page):
    browser = signed_in(merged.desk)

    answer = browser.get(f"{CONSOLE}{merged.old.pk}/{page}/?q=1")

    assert answer["Location"] == f"{CONSOLE}{merged.standing.pk}/{page}/?q=1"
    assert browser.get(answer["Location"]).status_code == 200
    told = f"{merged.old.record_number} was merged into {merged.standing.record_number}"
    assert len(said(answer)) == (page != "photo")
    assert all(told in word for word in said(answer))


def test_a_form_of_an_old_record_says_that_nothing_was_saved(merged):
    browser, before = signed_in(merged.desk), list(Patient.objects.order_by("pk").values())

    answer = browser.post(f"{CONSOLE}{merged.old.pk}/change/", {"first_name": "Eve"})
    both = browser.get(f"{CONSOLE}{merged.old.pk}/merge/{merged.standing.pk}/")

    own = f"{CONSOLE}{merged.standing.pk}/change/"
    assert answer["Location"] == both["Location"] == own
    assert "Nothing was saved." in said(answer)[0]
    assert list(Patient.objects.order_by("pk").values()) == before
    add = browser.get(f"/admin/appointments/appointment/add/?patient={merged.old.pk}")
    assert add.context["adminform"].form["patient"].value() == merged.standing.pk


def test_a_file_may_name_an_old_number(merged):
    browser, old, standing = signed_in(merged.desk), merged.old, merged.standing
    rows = [["Record number", "City"], [old.record_number, "Bremen"]]

    checked = send(browser, CONSOLE, table(*rows))

    assert faults(checked) == []
    assert confirm(browser, CONSOLE, checked).changed == 1
    assert Patient.objects.get(pk=standing.pk).city == "Bremen"
    twice = send(browser, CONSOLE, table(*rows, [standing.record_number, "Hamburg"]))
    assert faults(twice) == [(3, "Record number", "Row 2 is about the same record.")]


def test_to_everybody_else_an_old_id_is_unknown(api, merged):
    patient, stranger = PatientFactory(with_account=True), DoctorFactory(with_account=True)
    for client in map(api, (None, patient.user, stranger.user)):
        for path in READ:
            told = [client.get(f"{V1}/{path.format(pk)}") for pk in (merged.old.pk, NOBODY)]
            bodies = [answer.json() | {"request_id": ""} for answer in told]
            assert bodies[0] == bodies[1]
            assert {*told[0].headers} == {*told[1].headers}
            assert told[0].status_code == told[1].status_code in (401, 403, 404)
    console = signed_in(stranger.user)
    old, unknown = (console.get(f"{CONSOLE}{pk}/change/") for pk in (merged.old.pk, NOBODY))
    assert old["Location"] == unknown["Location"] == "/admin/"
    assert api(stranger.user).get(f"{V1}/appointments?patient_id={merged.old.pk}").json() == (
        api(stranger.user).get(f"{V1}/appointments?patient_id={NOBODY}").json()
    )
    owner = api(merged.standing.user).get(f"{V1}/patients/{merged.old.pk}")
    assert owner.json()["id"] == str(merged.standing.pk)


def stamps() -> dict:
    rows = {}
    for model in (Patient, Appointment):
        rows |= dict(model.objects.values_list("pk", "updated_at"))
    return rows


def test_a_merge_and_its_undoing_move_the_stamps_of_all_they_touch(api):
    desk = UserFactory()
    survivor, other = PatientFactory(), PatientFactory()
    visit, untouched = AppointmentFactory(patient=other), AppointmentFactory()
    WaitlistEntry.objects.create(
        patient=other, doctor=visit.doctor, from_date="2027-05-03", to_date="2027-05-04"
    )
    paths = [f"patients/{survivor.pk}", f"patients/{other.pk}", f"appointments/{visit.pk}"]
    before, tags = stamps(), [api(desk).get(f"{V1}/{path}")["ETag"] for path in paths]

    record = services.merge(survivor, other, by=desk)
    merged, merged_tags = stamps(), [api(desk).get(f"{V1}/{path}")["ETag"] for path in paths]
    services.undo(record, by=desk)
    undone, undone_tags = stamps(), [api(desk).get(f"{V1}/{path}")["ETag"] for path in paths]

    for earlier, later in ((before, merged), (merged, undone)):
        moved = {pk for pk, at in later.items() if at > earlier[pk]}
        assert moved == {survivor.pk, other.pk, visit.pk}
    assert untouched.pk in before
    for earlier, later in ((tags, merged_tags), (merged_tags, undone_tags)):
        assert all(one != other for one, other in zip(earlier, later, strict=True))
