"""The role that owns the tables, for commands that change how the database is made."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection


def become_owner() -> None:
    """Let this process work as the role of `DATABASE_OWNER_URL` from here on; where none is named,
    the role of `DATABASE_URL` is the owner itself."""
    owner = settings.DATABASE_OWNER
    if not owner or connection.settings_dict["USER"] == owner["USER"]:
        return
    options = {**connection.settings_dict["OPTIONS"], **owner.get("OPTIONS", {})}
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has it.
    places = {key: owner.get(key, "") for key in ("HOST", "PORT", "USER", "PASSWORD")}
    # A copy: the settings go on naming the other role, which the owner may have to make.
    connection.settings_dict = {**connection.settings_dict, **places, "OPTIONS": options}


class AsOwner(BaseCommand):
    """A command that works as the owner from its checks on: the other role may not be there yet."""

    def execute(self, *args: Any, **options: Any) -> Any:
        become_owner()
        return super().execute(*args, **options)
