"""Who may look at the access log and the events, and what they see there."""

import pytest
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import check_problem
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import CareAssignmentFactory, PatientFactory

pytestmark = pytest.mark.django_db

CHANGES = "/admin/pghistory/events/"


@pytest.fixture
def patient() -> Patient:
    return PatientFactory(with_account=True)


def log(patient: Patient) -> str:
    return f"/api/v1/patients/{patient.pk}/access-log"


def page(patient: Patient) -> str:
    return f"/admin/patients/patient/{patient.pk}/access/"


def test_the_patient_and_admins_see_who_read_the_record(api, patient):
    desk, admin = UserFactory(), UserFactory(role=Role.ADMIN)
    api(desk).get(f"/api/v1/patients/{patient.pk}")
    api(desk).get(f"/api/v1/patients/{PatientFactory().pk}")
    api(patient.user).get(f"/api/v1/patients/{patient.pk}")

    for reader in (patient.user, admin):
        answer = api(reader).get(log(patient)).json()
        at = [row.pop("at") for row in answer["results"]]
        assert answer["count"] == 2
        assert answer["results"] == [
            {
                "who": {"name": patient.user.get_full_name(), "role": "patient"},
                "own": True,
                "action": "read",
                "door": "api",
            },
            {
                "who": {"name": desk.get_full_name(), "role": "receptionist"},
                "own": False,
                "action": "read",
                "door": "api",
            },
        ]
        assert at == sorted(at, reverse=True)
        assert all(instant.endswith("Z") for instant in at)


def test_reading_the_log_is_no_read_of_the_record(api, patient):
    api(patient.user).get(log(patient))
    signed_in(Role.ADMIN).get(page(patient))

    assert not AccessLog.objects.exists()


def test_for_everybody_else_there_is_no_such_log(api, patient):
    doctor = DoctorFactory(with_account=True)
    CareAssignmentFactory(doctor=doctor, patient=patient)
    other = PatientFactory(with_account=True)

    for user in (UserFactory(), doctor.user, other.user):
        check_problem(api(user).get(log(patient)), 404, "not_found")
    check_problem(api().get(log(patient)), 401, "not_authenticated")
    for missing in ("nobody", other.user.pk):
        path = f"/api/v1/patients/{missing}/access-log"
        check_problem(api(UserFactory(role=Role.ADMIN)).get(path), 404, "not_found")


@pytest.mark.parametrize(("query", "name"), [("a=1", "a"), ("page_size=201", "page_size")])
def test_an_unknown_parameter_is_refused(api, patient, query, name):
    check_problem(api(patient.user).get(f"{log(patient)}?{query}"), 422, "validation_error", name)


@pytest.mark.parametrize("count", [1, 3])
def test_the_log_takes_a_fixed_number_of_queries(api, patient, count, django_assert_num_queries):
    for _ in range(count):
        api(UserFactory()).get(f"/api/v1/patients/{patient.pk}")
    client = api(patient.user)

    with django_assert_num_queries(5):
        assert client.get(log(patient)).json()["count"] == count


def test_an_admin_sees_in_the_console_who_read_the_record(api, patient):
    desk = UserFactory(first_name="<b>Robin", last_name="Ж")
    admin = signed_in(Role.ADMIN)
    assert "Nobody has seen this record yet." in admin.get(page(patient)).content.decode()
    api(desk).get(f"/api/v1/patients/{patient.pk}", REMOTE_ADDR="203.0.113.9")

    content = admin.get(page(patient)).content.decode()

    assert "&lt;b&gt;Robin Ж" in content
    assert "203.0.113.9" in content
    assert "Read the record" in content
    assert (
        page(patient) in admin.get(f"/admin/patients/patient/{patient.pk}/change/").content.decode()
    )


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_other_staff_see_neither_log_nor_events(patient, role):
    user = UserFactory(role=role)
    if role == Role.DOCTOR:
        CareAssignmentFactory(doctor=DoctorFactory(user=user), patient=patient)
    client = signed_in(user)

    for path in (page(patient), CHANGES, "/admin/accounts/accesslog/"):
        assert client.get(path).status_code == 403
    record = client.get(f"/admin/patients/patient/{patient.pk}/change/").content.decode()
    assert page(patient) not in record
    assert CHANGES not in record


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_of_reads_takes_a_fixed_number_of_queries(
    api, patient, count, django_assert_num_queries
):
    for _ in range(count):
        api(UserFactory()).get(f"/api/v1/patients/{patient.pk}")
    admin = signed_in(Role.ADMIN)
    admin.get(page(patient))

    with django_assert_num_queries(7):
        admin.get(page(patient))


def test_nobody_changes_the_log_in_the_console(api, patient):
    api(UserFactory()).get(f"/api/v1/patients/{patient.pk}")
    path = f"/admin/accounts/accesslog/{AccessLog.objects.get().pk}"
    admin = signed_in(Role.ADMIN)

    assert admin.get("/admin/accounts/accesslog/").status_code == 200
    assert admin.get(f"{path}/change/").status_code == 200
    assert admin.post(f"{path}/change/", {"door": "x"}).status_code == 403
    assert admin.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get("/admin/accounts/accesslog/add/").status_code == 403
    assert AccessLog.objects.get().door == "api"


def entries(client, query: dict | None = None) -> list:
    response = client.get(CHANGES, query or {})
    assert response.status_code == 200
    return response.context["entries"]


def told(entry) -> list[tuple]:
    return [(change.name, change.before, change.after) for change in entry.changes]


def test_an_admin_finds_what_became_of_a_record(api, patient):
    desk = UserFactory()
    PatientFactory()
    path = f"/api/v1/patients/{patient.pk}"
    api(desk).patch(path, {"last_name": "Hopper"}, format="json", REMOTE_ADDR="203.0.113.9")

    changed, added = entries(signed_in(Role.ADMIN), {"record": str(patient.pk)})

    assert (changed.label, added.label) == ("Changed", "Added")
    assert told(changed) == [("last name", patient.last_name, "Hopper")]
    assert changed.who == f"{desk.get_full_name()}, {desk.email}"
    assert (changed.door, changed.address) == ("api", "203.0.113.9")
    assert (added.who, added.door) == ("Nobody", "The database itself")


def test_what_belongs_to_a_record_is_found_with_it(patient):
    appointment = AppointmentFactory(patient=patient)
    AppointmentFactory()
    admin = signed_in(Role.ADMIN)

    for record in (patient, appointment.doctor, appointment):
        kinds = {entry.kind for entry in entries(admin, {"record": str(record.pk)})}
        assert kinds == {"appointment", record._meta.verbose_name}


def test_an_admin_finds_what_somebody_did(api):
    patient, desk, other = PatientFactory(), UserFactory(), UserFactory()
    for user, name in ((desk, "Hopper"), (other, "Liskov")):
        api(user).patch(f"/api/v1/patients/{patient.pk}", {"last_name": name}, format="json")
    admin = signed_in(Role.ADMIN)

    (found,) = entries(admin, {"by": desk.email.upper()})
    assert told(found)[0][2] == "Hopper"
    assert entries(admin, {"by": UserFactory().email}) == []


@pytest.mark.parametrize(
    "query",
    [{"record": "x"}, {"by": "nobody@clinic.example"}, {"by": "\x00"}, {"day": "2026-02-30"},
     {"day": "0001-01-01"}, {"day": "9999-12-31"}, {"page": "x"}, {"page": "-1"}],
)  # fmt: skip
def test_any_search_is_answered(patient, query):
    entries(signed_in(Role.ADMIN), query)


def test_events_of_a_day(patient):
    admin = signed_in(Role.ADMIN)

    assert entries(admin, {"record": str(patient.pk), "day": timezone.localdate().isoformat()})
    assert not entries(admin, {"day": "2001-01-01"})


def test_encrypted_values_are_told_to_have_changed_and_not_shown(patient):
    patient.medical_history = "Asthma"
    patient.save()

    response = signed_in(Role.ADMIN).get(CHANGES, {"record": str(patient.pk)})

    changed = response.context["entries"][0]
    assert [(change.name, change.is_hidden) for change in changed.changes] == [
        ("medical history", True)
    ]
    assert "Asthma" not in response.content.decode()
    assert "changed (encrypted)" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_changes_takes_a_fixed_number_of_queries(count, django_assert_num_queries):
    admin = signed_in(Role.ADMIN)
    admin.get(CHANGES)
    PatientFactory.create_batch(count)

    with django_assert_num_queries(8):
        assert len(entries(admin)) > count
