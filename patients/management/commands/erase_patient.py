"""`manage.py erase_patient P-000123`: what the console's page does, and opens what is sealed."""

import json

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services.access import note_command
from clinic.emails import normal_email
from clinic.history import at_work
from patients.models import Erasure, Patient
from patients.services import erase, open_sealed, plan

ERASE = "patients.erase_patient"


class Command(BaseCommand):
    help = (
        "Erase a patient's data: account, mails, photo, relations, copies in the history. What the "
        "law has kept is kept sealed, under the record number, and said."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="The record number, such as P-000123.")
        parser.add_argument("--by", required=True, metavar="E-MAIL", help="The administrator.")
        parser.add_argument("--reason", required=True, help="Why. It stays in the protocol.")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="Erase nothing, only say what.")
        what.add_argument(
            "--sealed", action="store_true", help="Show what an earlier erasure has sealed."
        )

    def handle(self, *args, number: str, by: str, reason: str, **options) -> None:
        user = eraser_of(by)
        digits = number.upper().removeprefix("P-")
        key = int(digits) if digits.isdecimal() else -1
        with at_work("command", "erase_patient", user=lambda: str(user.pk)):
            if options["sealed"]:
                self.show_sealed(key, user)
                return
            patient = Patient.objects.standing().filter(number=key).first()
            if patient is None:
                raise CommandError(f"There is no patient {number}.")
            if options["dry_run"]:
                told = plan(patient)
                self.write(told.clashes, told.gone, told.kept)
                return
            try:
                record = erase(patient, user, reason)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            self.stdout.write(f"{record}, {record.erased_at:%Y-%m-%d %H:%M} UTC")
            self.write([], record.gone, record.kept)

    def write(self, clashes: list[str], gone: dict, kept: list) -> None:
        for sentence in clashes:
            self.stdout.write(f"First: {sentence}")
        self.stdout.write("Deleted:")
        for what, count in gone.items():
            self.stdout.write(f"  {count:,} {what}")
        self.stdout.write("Kept:")
        for what, count, why in kept:
            self.stdout.write(f"  {'' if count is None else f'{count:,} '}{what}: {why}")

    def show_sealed(self, number: int, user: User) -> None:
        record = Erasure.objects.sealed().filter(number=number).first()
        if record is None:
            raise CommandError("Nothing is sealed under this number.")
        note_command(user, "erase_patient --sealed", [record.patient_id])
        self.stdout.write(json.dumps(open_sealed(record), ensure_ascii=False, indent=2))


def eraser_of(email: str) -> User:
    user = get_user_model().objects.filter(email=normal_email(email)).first()
    if user is None or not user.has_perm(ERASE):
        raise CommandError(f"{email} may not erase: name an active administrator.")
    return user
