from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import client

from clinic.embedded.server import connection_settings


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, starting the server when it doesn't run."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        server = connection_settings(settings.EMBEDDED_DATABASE_DIR)
        return super().settings_to_cmd_args_env({**settings_dict, **server}, parameters)
