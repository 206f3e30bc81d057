"""`manage.py createsuperuser`: an administrator's account."""

import getpass
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.roles import Role


class Command(BaseCommand):
    help = (
        "Make the account of an administrator, of an e-mail address and a password. The password "
        "follows the same rules as any other."
    )
    requires_system_checks = ()
    stealth_options = ("stdin",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", help="Asked for where it isn't given.")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Ask nothing: the password is DJANGO_SUPERUSER_PASSWORD of the environment, and "
            "the address DJANGO_SUPERUSER_EMAIL where --email is not given.",
        )

    def handle(self, *args: Any, email: str | None, interactive: bool, **options: Any) -> None:
        if interactive and not sys.stdin.isatty():
            raise CommandError(
                "Nobody is here to be asked: use --noinput with DJANGO_SUPERUSER_PASSWORD."
            )
        given = email or ("" if interactive else os.environ.get("DJANGO_SUPERUSER_EMAIL", ""))
        user = self.asked_user(given) if interactive else new_admin(given)
        password = self.asked_password(user) if interactive else given_password(user)
        User.objects.create_superuser(user.email, password)
        if options["verbosity"]:
            self.stdout.write(f"{user.email} is an administrator. The console is at /admin/.")

    def asked_user(self, email: str) -> User:
        while True:
            try:
                return new_admin(email or input("E-mail address: ").strip())
            except CommandError as error:
                if email:
                    raise
                self.stderr.write(str(error))

    def asked_password(self, user: User) -> str:
        while True:
            password = getpass.getpass("Password: ")
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.stderr.write(" ".join(error.messages))
                continue
            if getpass.getpass("Password, once more: ") == password:
                return password
            self.stderr.write("Those were two different ones.")


def new_admin(email: str) -> User:
    """Not saved yet. Raises CommandError where the address is none, or somebody's."""
    user = User(email=email, role=Role.ADMIN)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return user


def given_password(user: User) -> str:
    password = os.environ.get("DJANGO_SUPERUSER_PASSWORD", "")
    if not password:
        raise CommandError("DJANGO_SUPERUSER_PASSWORD is not set.")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
