"""`manage.py flush`, which no production database is ever given to."""

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush


class Command(flush.Command):
    def handle(self, **options):
        if not settings.DEBUG:
            raise CommandError(
                "This is a production database (DEBUG is off): it is never emptied, its history "
                "least of all."
            )
        return super().handle(**options)
