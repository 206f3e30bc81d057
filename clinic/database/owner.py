"""The role that owns the tables, for commands that change how the database is made."""

from django.conf import settings
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
    connection.settings_dict.update(places, OPTIONS=options)
