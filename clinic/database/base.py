"""Django's backend for PostgreSQL, with the clinic's time-outs and pool."""

from typing import Any

from django.conf import settings
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.utils.functional import cached_property

from clinic.database import timeouts
from clinic.database.pool import CONNECT_SECONDS, KEPT_ALIVE, ClinicPool


class DatabaseWrapper(base.DatabaseWrapper):
    _connection_pools: dict[str, ClinicPool]  # Of all connections to one alias, as Django has it.
    _configure_connection: Any

    @property
    def pool(self) -> ClinicPool | None:
        """In place of Django's, which makes one of psycopg's own."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            pool = ClinicPool(
                takes_options=not settings.DATABASE_POOLER,
                kwargs={**self.get_connection_params(), "autocommit": True},
                configure=self._configure_connection,
                **options,
            )
            self._connection_pools.setdefault(self.alias, pool)
        return self._connection_pools[self.alias]

    def get_connection_params(self) -> dict[str, Any]:
        kind = timeouts.of_process
        params = {
            **KEPT_ALIVE,
            "connect_timeout": CONNECT_SECONDS,
            "application_name": f"clinic {kind.name}",
            **super().get_connection_params(),
        }
        if not settings.DATABASE_POOLER:
            # What DATABASE_URL has of its own comes last, and wins.
            params["options"] = f"{kind.as_options()} {params.get('options', '')}".strip()
        return params

    @cached_property
    def is_behind_pooler(self) -> bool:
        """Does somebody stand between us and the server, who may hand its connections to others
        after each transaction? Such a one doesn't tell the true id of the server's process."""
        if settings.DATABASE_POOLER:
            return True
        self.ensure_connection()
        if self.connection.info.transaction_status.name == "INERROR":
            return False
        told = self.connection.info.backend_pid
        (true,) = self.connection.execute("SELECT pg_backend_pid()").fetchone()
        return told != true

    def chunked_cursor(self) -> Any:
        """A cursor of the server outlives no transaction where connections are shared: there, it is
        read at once. Within a transaction it goes on as ever."""
        if not self.in_atomic_block and self.is_behind_pooler:
            return self.cursor()
        return super().chunked_cursor()
