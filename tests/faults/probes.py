"""Is the process alive, all the time; and is the clinic well again, after a fault?"""

import http.client
import json
import threading
import time
from typing import Any
from urllib.parse import urlencode

PAUSE = 0.2
LIVEZ_TIMEOUT = 5.0


def fetched(
    port: int,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
    seconds: float = 5.0,
) -> tuple[int, dict[str, Any]]:
    """The status, 0 where no answer came, and what the answer says where that is JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        raw = response.read()
        is_json = response.getheader("Content-Type", "").startswith("application/json")
        return response.status, json.loads(raw) if is_json else {}
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()


class Watch(threading.Thread):
    """Asks `/livez` all the time. `slowest` is of the answers since `begin()`, in seconds."""

    def __init__(self, port: int):
        super().__init__(daemon=True, name="watch")
        self.port = port
        self.is_over = threading.Event()
        self.begin()

    def begin(self) -> None:
        self.slowest, self.missed, self.asked = 0.0, 0, 0

    def run(self) -> None:
        while not self.is_over.wait(PAUSE):
            began = time.monotonic()
            status, _ = fetched(self.port, "GET", "/livez", seconds=LIVEZ_TIMEOUT)
            self.asked += 1
            self.missed += status != 200
            self.slowest = max(self.slowest, time.monotonic() - began)


def what_is_missing(port: int, known: dict[str, Any]) -> str:
    """Empty where it says that it is ready, lets somebody sign in, and shows a record."""
    form = urlencode({"username": known["email"], "password": known["password"]})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    bearer = {"Authorization": f"Bearer {known['token']}"}
    record = f"/api/v1/patients/{known['patients'][0]}"
    for method, path, body, headers in (
        ("GET", "/readyz", None, {}),
        ("POST", "/api/v1/auth/login", form, kind),
        ("GET", record, None, bearer),
    ):
        status, answer = fetched(port, method, path, body, headers)
        if status != 200:
            shown = path.replace(known["patients"][0], "<id>")
            return f"{method} {shown}: {status or 'no answer'} {answer.get('code', '')}".strip()
    return ""


def until_well(port: int, known: dict[str, Any], at_most: float) -> tuple[float | None, str]:
    """After how many seconds it is well, None where it isn't by then, and what was missing last."""
    began, last = time.monotonic(), ""
    while time.monotonic() - began < at_most:
        missing = what_is_missing(port, known)
        if not missing:
            return time.monotonic() - began, last
        last = missing
        time.sleep(0.1)
    return None, last
