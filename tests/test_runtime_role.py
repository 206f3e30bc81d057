"""The clinic works as a role that owns nothing: all that people do goes, and the audit is out of
its reach, whatever that role is made to say to the database."""

import re
import subprocess  # nosec B404
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import AccessLog, AuditSeal, User
from accounts.roles import Role
from accounts.services import roles, sealing
from accounts.services.guarding import guard_audit
from accounts.services.verifying import verify_audit
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from appointments.models import Appointment
from appointments.tests.factories import next_monday
from clinic.history import untracked
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from doctors.tests.factories import DoctorFactory, WorkingHoursFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from tests.database import address_of, another
from tests.server import environment

V1 = "/api/v1"
EVENTS = "accounts_userevent"
REFUSED = "permission denied|must be owner|last year stays|is of the audit"


def run_sql(sql: str, *params):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def become(role: str) -> None:
    """As a sign-in to the database by that role would: it is `session_user`, too."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION {role}")


def make_role(patch) -> str:
    role = f"{settings.NAME}_app".lower()
    patch.setitem(settings.DATABASES["default"], "USER", role)
    patch.setitem(settings.DATABASES["default"], "PASSWORD", "a-password-of-its-own")
    patch.setattr(settings, "DATABASE_OWNER", {"USER": "owner"})
    assert roles.grant_roles()
    return role


@pytest.fixture
def app_role(db, monkeypatch):
    """From here on the connection is that of the role that `grant_roles` has made."""
    role = make_role(monkeypatch)
    become(role)
    yield role
    connection.needs_rollback = False
    become("DEFAULT")


@pytest.fixture
def address(transactional_db, monkeypatch):
    """How another process comes in as that role, really signed in."""
    role = make_role(monkeypatch)
    owner = connection.get_connection_params()["user"]
    url = address_of(connection.settings_dict["NAME"])
    yield url.replace(f"//{owner}@", f"//{role}@")
    run_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")


def visit_flow() -> None:
    """Run by the process that is signed in so."""
    doctor, desk = DoctorFactory(), APIClient()
    WorkingHoursFactory(doctor=doctor)
    sign_in = {"username": UserFactory().email, "password": PASSWORD}
    signed_in = desk.post(f"{V1}/auth/login", sign_in, format="json")
    assert signed_in.status_code == 200, signed_in.content
    desk.credentials(HTTP_AUTHORIZATION=f"Bearer {signed_in.json()['access_token']}")
    data = {"name": "Ada Lovelace", "email": "ada@mail.example", "phone": "+4915112345678"}
    registered = APIClient().post(f"{V1}/patients", {**data, "document_photo": upload()})
    assert registered.status_code == 201, registered.content
    visit = {
        "doctor_id": str(doctor.pk), "patient_id": str(Patient.objects.get().pk),
        "starts_at": next_monday(9).isoformat(), "duration_minutes": 30,
    }  # fmt: skip
    booked = desk.post(f"{V1}/appointments", visit, format="json")
    assert booked.status_code == 201, booked.content
    run_due_jobs()
    url = f"{V1}/appointments/{booked.json()['id']}"
    assert desk.get(url).status_code == 200
    assert desk.post(f"{url}/cancel", {"reason": "ill"}, format="json").status_code == 200
    run_due_jobs()


FLOW = "import django; django.setup(); from tests import test_runtime_role as t; t.visit_flow()"


def test_people_sign_in_register_book_and_cancel(address):
    own = environment(DATABASE_URL=address, EMAIL_URL="memorymail://", ALLOWED_HOSTS="testserver")
    command = [sys.executable, "-c", FLOW]

    done = subprocess.run(command, cwd=settings.BASE_DIR, env=own, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    patient = Patient.objects.get()
    assert set(Notification.objects.values_list("status", flat=True)) == {"sent"}
    assert AccessLog.objects.filter(patients__contains=[patient.pk]).exists()
    events = Appointment.pgh_event_model.objects.filter(pgh_obj=Appointment.objects.get().pk)
    assert [event.pgh_label for event in events.order_by("pgh_id")] == ["insert", "update"]
    sealing.seal_audit()  # The worker may have done so already.
    verdict = verify_audit()
    assert (verdict.findings, verdict.unsealed) == ([], 0)
    assert verdict.rows > 8
    assert verify_audit().findings == []


@pytest.mark.parametrize(
    "page",
    ["", "patients/patient/", "doctors/doctor/", "appointments/appointment/"],
)
def test_the_console_opens(app_role, page):
    PatientFactory()

    response = signed_in(Role.ADMIN).get(f"/admin/{page}", follow=True)

    assert response.status_code == 200


def test_records_are_written_by_the_console(app_role):
    doctor = DoctorFactory()
    data = {
        "first_name": "Grace", "last_name": "Hopper", "specialization": "Surgery",
        "email": doctor.email, "is_active": "on", "default_duration_minutes": "30",
    }  # fmt: skip

    response = signed_in(Role.ADMIN).post(f"/admin/doctors/doctor/{doctor.pk}/change/", data)

    assert response.status_code == 302
    assert doctor.events.latest("pgh_id").first_name == "Grace"


@pytest.mark.parametrize(
    "sql",
    [
        "TRUNCATE {}", "DELETE FROM {}", "UPDATE {} SET {} = NULL", "DROP TABLE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL", "ALTER TABLE {} ADD COLUMN x int",
        "CREATE TRIGGER x BEFORE INSERT ON {} EXECUTE FUNCTION clinic_time_of_read()",
        "CREATE TABLE {}_other ()", "CREATE INDEX ON {} (({}))",
    ],
)  # fmt: skip
@pytest.mark.parametrize("table", ["accounts_accesslog", EVENTS, "accounts_auditseal"])
def test_the_audit_is_out_of_its_reach(app_role, sql, table):
    column = {"accounts_accesslog": "door", EVENTS: "email"}.get(table, "why")

    with pytest.raises(DatabaseError, match=REFUSED):
        run_sql(f"{sql.format(table, column)}")


@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO {EVENTS} (pgh_created_at, pgh_label, pgh_obj_id) VALUES (now(), 'x', %s)",
        "INSERT INTO accounts_accesslog (id, at, action, patients, door, request_id) "
        "OVERRIDING SYSTEM VALUE VALUES (1, now(), 'read', '{}', 'api', %s)",
        "SELECT setval(pg_get_serial_sequence('accounts_accesslog', 'id'), 1) WHERE %s IS NOT NULL",
        "SELECT clinic_reseal_audit('accounts_userevent', NULL, %s)",
        "SELECT clinic_lift_append_only(%s IS NOT NULL)",
        "SELECT clinic_purge_audit(true, now(), %s IS NULL)",
        "SELECT clinic_erase('public.accounts_accesslog', ARRAY[%s], '{}')",
        "SELECT clinic_erase('accounts_auditseal', ARRAY[%s], '{why}')",
        "SET session_replication_role = %s",
        "CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS "
        "boolean LANGUAGE sql AS $$ SELECT %s IS NULL $$",
    ],
)
def test_nothing_is_slipped_in_and_no_guard_taken_down(app_role, sql):
    user = UserFactory()

    with pytest.raises(DatabaseError, match=REFUSED):
        run_sql(sql.replace("%s", f"'{user.pk}'"))


def test_the_switch_of_triggers_is_the_owners_alone(app_role):
    run_sql("CREATE TEMPORARY TABLE accounts_userevent (LIKE public.accounts_userevent)")
    names = ", ".join(
        name
        for (name,) in run_sql("SELECT DISTINCT tgname FROM pg_trigger WHERE tgname ~ '^pgtrigger'")
    )
    run_sql(f"SELECT set_config('pgtrigger.ignore', '{{{names}}}', true)")
    user = UserFactory()
    with untracked(User):
        User.objects.filter(pk=user.pk).update(first_name="Unseen")
    note = "SELECT first_name FROM public.accounts_userevent WHERE pgh_obj_id = %s ORDER BY pgh_id"

    assert [name for (name,) in run_sql(note, user.pk)][-1] == "Unseen"
    become("DEFAULT")
    with untracked(User):
        User.objects.filter(pk=user.pk).update(first_name="Seed")
    assert [name for (name,) in run_sql(note, user.pk)][-1] == "Unseen"


def test_a_read_bears_the_time_at_which_it_is_written(app_role):
    back = timezone.now() - timezone.timedelta(days=9)
    row = {"action": "read", "patients": [], "door": "api", "request_id": "x"}
    dated = AccessLog.objects.create(at=back, **row)
    now = AccessLog.objects.create(**row)
    said = now.at

    dated.refresh_from_db()
    now.refresh_from_db()
    assert dated.at > said - timezone.timedelta(seconds=20)
    assert now.at == said
    become("DEFAULT")
    assert AccessLog.objects.get(pk=AccessLog.objects.create(at=back, **row).pk).at == back


def test_the_role_seals_purges_and_erases_by_the_functions_for_it(app_role):
    user = UserFactory()
    AccessLog.objects.create(action="read", patients=[], door="api", request_id="x")
    event = user.events.get()

    assert sealing.seal_audit() == 2
    long_ago = timezone.now() - timezone.timedelta(days=400)
    assert sealing.purge_sealed("events", long_ago, dry_run=False) == 0
    assert sealing.overwrite(EVENTS, [event.pk], {"email": "x@y.invalid"}, "erasure") == 1
    assert verify_audit().findings == []
    assert AuditSeal.objects.count() == 3


def test_findings_say_what_a_role_could_do(app_role):
    assert roles.role_findings() == []
    call_command("grant_roles", check=True, verbosity=0)
    become("DEFAULT")
    found = " ".join(roles.role_findings())
    assert "is a superuser" in found
    assert "owns the tables" in found
    assert "may delete rows of accounts_userevent" in found
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    run_sql(f"DROP TRIGGER clinic_no_truncate ON {EVENTS}")
    run_sql("ALTER TABLE accounts_accesslog DISABLE TRIGGER clinic_time_of_read")
    found = " ".join(roles.role_findings())
    assert f"{EVENTS} has no trigger against TRUNCATE" in found
    assert re.search("clinic_time_of_read on accounts_accesslog is off", found)
    guard_audit()
    assert "TRUNCATE" not in " ".join(roles.role_findings()).replace("may truncate", "")


@pytest.mark.django_db(transaction=True)
def test_the_first_migrate_makes_the_role_that_the_clinic_works_as():
    role, owner = f"{settings.NAME}_first", connection.get_connection_params()["user"]
    name = f"{connection.settings_dict['NAME']}_first"
    with another(name) as url:
        own = url.replace(f"//{owner}@", f"//{role}@")
        told = subprocess.run(
            [sys.executable, "manage.py", "migrate", "--noinput"],
            cwd=settings.BASE_DIR,
            env=environment(DATABASE_URL=own, DATABASE_OWNER_URL=url),
            capture_output=True,
            text=True,
            check=False,
        )
        checked = subprocess.run(
            [sys.executable, "manage.py", "grant_roles", "--check"],
            cwd=settings.BASE_DIR,
            env=environment(DATABASE_URL=own),
            capture_output=True,
            text=True,
            check=False,
        )
    run_sql(f"DROP ROLE {role}")

    assert told.returncode == 0, told.stderr
    assert checked.returncode == 0, checked.stderr


def test_backups_need_no_more_than_it_has_and_a_restore_does(address, tmp_path):
    UserFactory()
    own = environment(DATABASE_URL=address, VAR_DIR=str(tmp_path / "var"))
    told = [
        subprocess.run(
            [sys.executable, "manage.py", command, str(tmp_path / "backups")],
            cwd=settings.BASE_DIR,
            env=own,
            capture_output=True,
            text=True,
            check=False,
        )
        for command in ("backup", "restore")
    ]

    assert told[0].returncode == 0, told[0].stderr
    assert "doesn't own this database" in told[1].stderr
