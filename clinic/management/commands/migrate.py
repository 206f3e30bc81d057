"""`manage.py migrate`, which also knows the databases of before the first release."""

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from accounts.services.guarding import guard_audit
from accounts.services.roles import grant_roles
from clinic.database import timeouts
from clinic.database.owner import AsOwner

FIRST = "0001_initial"
# What the first release's one migration of each app was made of.
BEFORE_RELEASE = {
    "accounts": [
        "0001_users",
        "0002_sign_ins_verification_and_access_log",
        "0003_phones_of_staff",
        "0004_events",
        "0005_exports_in_the_access_log",
    ],
    "clinic": [
        "0001_extensions",
        "0002_notifications_and_idempotency_keys",
        "0003_notification_channels",
        "0004_file_transfers",
    ],
    "doctors": ["0001_doctors", "0002_applications", "0003_events", "0004_hours"],
    "patients": [
        "0001_record_numbers",
        "0002_patients",
        "0003_verified_contacts",
        "0004_events",
        "0005_duplicates_and_merging",
        "0006_name_words",
        "0007_search_indexes",
        "0008_identity_checks",
        "0009_language",
    ],
    "appointments": [
        "0001_appointments",
        "0002_events",
        "0003_scheduling",
        "0004_fewer_indexes",
        "0005_waitlist_usual_length",
    ],
}


class Command(AsOwner, migrate.Command):
    def handle(self, *args, **options):
        with timeouts.working(timeouts.MIGRATION):
            note_first_release(connections[options["database"]])
            super().handle(*args, **options)
            if options["plan"] or options["check_unapplied"]:
                return
            guard_audit()
            if not options["app_label"]:
                grant_roles()


def note_first_release(connection: BaseDatabaseWrapper) -> None:
    """Write down that a database which has all of before the first release has the release's own.

    Django can't tell: a migration that stands for others can't stand for such a one in turn.
    Raises CommandError where only some of them were applied.
    """
    recorder = MigrationRecorder(connection)
    applied = recorder.applied_migrations()
    for app, names in BEFORE_RELEASE.items():
        known = [name for name in names if (app, name) in applied]
        if not known or (app, FIRST) in applied:
            continue
        if known != names:
            raise CommandError(
                f"This database is of before release 1.0.0 and has only some migrations of {app}: "
                "take the last version before 1.0.0, migrate with it, and go on with this one."
            )
        recorder.record_applied(app, FIRST)
