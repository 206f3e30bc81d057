"""Production while its database is away: 503 everywhere, at once, and well again within seconds."""

import http.client
import json
import time
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.db import connection

from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.tests.forwarder import forwarded
from clinic.tests.processes import PRODUCTION
from tests.database import address_of
from tests.server import running_server

TOKEN = "a-token-of-the-tests-0123456789"
PATHS = ("/api/v1/doctors", "/me/", "/sign-in/", "/admin/", "/health", "/readyz", "/metrics")


def ask(port: int, path: str, cookie: str) -> tuple[int, str, str, float]:
    """Status, Retry-After, text and seconds of what is answered."""
    began = time.monotonic()
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "clinic.example", "X-Forwarded-Proto": "https", "Cookie": cookie}
    if path == "/metrics":
        headers["Authorization"] = f"Bearer {TOKEN}"
    asked.request("GET", path, headers=headers)
    answer = asked.getresponse()
    text = answer.read().decode()
    asked.close()
    return answer.status, answer.headers.get("Retry-After", ""), text, time.monotonic() - began


def manifest() -> str:
    """What `collectstatic` would write, had it nothing to rename."""
    names = [name for finder in get_finders() for name, _ in finder.list([])]
    return json.dumps({"version": "1.1", "paths": {name: name for name in names}, "hash": ""})


@pytest.mark.django_db(transaction=True)
def test_everything_is_503_at_once_and_well_again_within_seconds(tmp_path):
    name = connection.settings_dict["NAME"]
    browser = signed_in(UserFactory())
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = f"__Host-sessionid={key}"
    with forwarded() as database:
        own = PRODUCTION | {
            "DATABASE_URL": urlunsplit(
                (
                    "postgres",
                    f"{urlsplit(address_of(name)).username}@127.0.0.1:{database.port}",
                    name,
                    "",
                    "",
                )
            ),
            "VAR_DIR": str(tmp_path),
            "METRICS_TOKEN": TOKEN,
            "STATIC_ROOT": str(tmp_path),
        }
        (tmp_path / "staticfiles.json").write_text(manifest())
        with running_server(workers=1, **own) as port:
            assert ask(port, "/readyz", cookie)[0] == 200

            database.go_away()
            first = {path: ask(port, path, cookie) for path in PATHS}
            again = {path: ask(port, path, cookie) for path in PATHS}

            database.come_back()
            back = time.monotonic()
            while ask(port, "/readyz", cookie)[0] != 200 and time.monotonic() - back < 20:
                time.sleep(0.1)
            took = time.monotonic() - back

    for answers in (first, again):
        for path, (status, wait, text, _) in answers.items():
            if path == "/metrics":
                assert (status, "clinic_database_up 0.0" in text) == (200, True)
            elif path != "/sign-in/" or status != 200:
                assert status == 503, (path, status, text)
                assert path in ("/health", "/readyz") or int(wait) > 0, path
        assert max(answer[3] for answer in answers.values()) < 3
    for path in ("/health", "/readyz", "/metrics"):
        assert first[path][3] < 1, path
    assert max(answer[3] for answer in again.values()) < 1
    assert took < 2
