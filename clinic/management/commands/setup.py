"""`manage.py setup`: the first thing that is done on a machine that becomes a clinic's."""

import os
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.operations.setting_up import (
    NETWORK,
    STAFF,
    Refused,
    filled_in,
    secrets_made,
    write_settings,
)

# What is asked for: the option, the variable, the question, and the answer unless there is one.
QUESTIONS = (
    ("host", "ALLOWED_HOSTS", "The host name that patients will type, as clinic.example", ""),
    (
        "email_url",
        "EMAIL_URL",
        "The mail server, as smtp+tls://user:password@mail.example:587, or none",
        "",
    ),
    ("name", "CLINIC_NAME", "The clinic's name", "Riverside Clinic"),
    ("email", "CLINIC_EMAIL", "The front desk's e-mail address", ""),
    ("phone", "CLINIC_PHONE", "The front desk's phone number", ""),
    ("time_zone", "CLINIC_TIME_ZONE", "The time zone of its calendar", "Europe/Berlin"),
)
NEXT = """{path} is written, readable by {owner} alone.

1. Copy DOCUMENT_KEYS out of it to a place of its own, now: without them no backup can be read.
{steps}
"""
WITH_DOCKER = """2. docker compose up -d
3. docker compose exec web python manage.py createsuperuser
4. docker compose exec web python manage.py check --deploy
5. Set up backups, and try one: docs/operations.md."""
WITH_OWN_DATABASE = """2. Look at CACHE_URL, STATIC_ROOT and TRUSTED_PROXIES: unless you
   named others, they are those of the containers.
3. manage.py collectstatic, and manage.py migrate with DATABASE_OWNER_URL in its environment.
4. manage.py createsuperuser, manage.py check --deploy, manage.py doctor.
5. Web server, worker, proxy and backups: "Without Docker" in docs/operations.md."""


class Command(BaseCommand):
    help = (
        "Write the settings of a production (.env) with fresh secrets. What no option says is "
        "asked for at a terminal. A file that is there is never written over."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        for name, variable, question, default in QUESTIONS:
            told = f"{question} ({variable})." + (f" Default: {default}." if default else "")
            parser.add_argument(f"--{name.replace('_', '-')}", help=told)
        parser.add_argument(
            "--database-url",
            help="A PostgreSQL of your own. Default: the one of docker-compose.yml.",
        )
        parser.add_argument("--cache-url", help="Default: the Redis of docker-compose.yml.")
        parser.add_argument(
            "--trusted-proxies",
            default=NETWORK,
            help="Networks of the proxy that ends TLS, comma-separated. Default: that of "
            "docker-compose.yml.",
        )
        parser.add_argument("--backup-dir", default="/var/backups/clinic")
        parser.add_argument("--var-dir", help="Where the clinic writes. Default: /var/lib/clinic.")
        parser.add_argument("--file", help="Where to write to. Default: .env, or ENV_FILE.")
        parser.add_argument("--no-input", action="store_true", help="Ask nothing.")

    def handle(self, *args: Any, no_input: bool, **options: Any) -> None:
        path = Path(options["file"] or os.environ.get("ENV_FILE") or settings.BASE_DIR / ".env")
        if path.exists():
            raise CommandError(f"{path} is there already, and is never written over.")
        asks = sys.stdin.isatty() and not no_input
        answers = {
            variable: options[name]
            if options[name] is not None
            else self.ask(question, default)
            if asks
            else default
            for name, variable, question, default in QUESTIONS
        }
        for name in ("ALLOWED_HOSTS", "EMAIL_URL"):
            if not answers[name]:
                option = "--host" if name == "ALLOWED_HOSTS" else "--email-url"
                raise CommandError(f"Name the {name} ({option}).")
        example = (settings.BASE_DIR / ".env.example").read_text()
        try:
            write_settings(path, filled_in(example, self.values(answers, options)))
        except Refused as error:
            raise CommandError(str(error)) from error
        steps = WITH_OWN_DATABASE if options["database_url"] else WITH_DOCKER
        self.stdout.write(NEXT.format(path=path, owner=f"user {os.getuid()}", steps=steps))

    def ask(self, question: str, default: str) -> str:
        shown = f" [{default}]" if default else ""
        return input(f"{question}{shown}: ").strip() or default

    def values(self, answers: dict[str, str], options: dict[str, Any]) -> dict[str, str]:
        host = answers["ALLOWED_HOSTS"].split(",")[0]
        made = secrets_made()
        if options["database_url"]:
            del made["DATABASE_PASSWORD"], made["POSTGRES_PASSWORD"]
        given = {
            "DATABASE_URL": options["database_url"],
            "CACHE_URL": options["cache_url"],
            "VAR_DIR": options["var_dir"],
        }
        own = {
            "DEBUG": "0",
            "CLINIC_DOMAIN": host,
            "CLINIC_URL": f"https://{host}",
            "CLINIC_EMAIL": answers["CLINIC_EMAIL"] or f"reception@{host}",
            "MFA_REQUIRED_ROLES": STAFF,
            "TRUSTED_PROXIES": options["trusted_proxies"],
            "BACKUP_DIR": options["backup_dir"],
        }
        told = {name: value for name, value in given.items() if value}
        return {**answers, **made, **own, **told}
