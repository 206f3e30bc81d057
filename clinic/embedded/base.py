"""A PostgreSQL database backend that brings its own server: `ENGINE = "clinic.embedded"`."""

from typing import Any

from django.conf import settings

from clinic.database import base
from clinic.embedded.client import DatabaseClient
from clinic.embedded.server import connection_settings


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        self.settings_dict.update(connection_settings(settings.EMBEDDED_DATABASE_DIR))
        return super().get_connection_params()
