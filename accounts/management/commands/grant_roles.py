"""`manage.py grant_roles`: the rights of the role that the clinic works as."""

from django.core.management.base import BaseCommand, CommandError

from accounts.services.guarding import guard_audit
from accounts.services.roles import grant_roles, role_findings
from clinic.database.owner import become_owner


class Command(BaseCommand):
    help = (
        "Give the role of DATABASE_URL what it needs, as the role of DATABASE_OWNER_URL, which "
        "owns the tables; a role that isn't there is made. Each `migrate` ends with it. --check "
        "changes nothing, and tells what the role of DATABASE_URL could do to the audit."
    )

    requires_system_checks = ()  # They would ask as the role that this may have to make.

    def add_arguments(self, parser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args, check: bool, **options) -> None:
        if check:
            if found := role_findings():
                raise CommandError("\n".join(found))
            self.stdout.write("The role can add to the audit, and nothing else of it.")
            return
        become_owner()
        guard_audit()
        if not grant_roles():
            raise CommandError(
                "DATABASE_OWNER_URL must name the owner of the tables, and DATABASE_URL another "
                "role: the one that the clinic works as."
            )
        self.stdout.write("Granted.")
