"""The security log: kinds, ids and networks; never a name or an address of somebody."""

import json
import logging
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from clinic.logs import JsonFormatter
from clinic.security_log import Kind, note_security
from clinic.web.middleware import RequestIdMiddleware

KEY = UUID("01890000-0000-7000-8000-000000000000")


def lines(caplog) -> list[dict]:
    formatter = JsonFormatter()
    return [json.loads(formatter.format(one)) for one in caplog.records]


def answered(view, **headers) -> HttpResponse:
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="2001:db8:1:2::7")
    return RequestIdMiddleware(view)(request)


def test_a_line_names_its_kind_the_account_and_the_network(caplog):
    def view(request):
        with caplog.at_level(logging.INFO, "clinic.security"):
            note_security(Kind.SIGNED_IN, user=KEY, door="api", failures=3)
            formatted.extend(lines(caplog))
        return HttpResponse()

    formatted: list[dict] = []
    answered(view, **{"X-Request-ID": "of-the-proxy"})

    [line] = formatted
    assert line["logger"] == "clinic.security"
    assert line["client_request_id"] == "of-the-proxy"
    told = f"signed_in user={KEY} door=api failures=3 network=2001:db8:1:2::"
    assert line["message"] == told
    fields = {"kind": "signed_in", "user": str(KEY), "door": "api", "failures": 3}
    assert fields.items() <= line.items()


@pytest.mark.parametrize("typed", ["ada@mail.example", "Ada Lovelace", "+4930123456", "a\nb", "é"])
def test_what_somebody_typed_is_not_told(caplog, typed):
    note_security(Kind.SIGN_IN_FAILED, user=KEY, what=typed)

    [line] = lines(caplog)
    assert (line["level"], line["what"]) == ("WARNING", "?")
    assert typed not in json.dumps(line)


def test_outside_a_request_there_is_no_network(caplog):
    note_security(Kind.LOCKED_OUT, user=KEY)

    [line] = lines(caplog)
    assert "network" not in line
    assert "client_request_id" not in line


def test_a_request_has_an_id_of_ours_whatever_it_is_called():
    first, second = (
        answered(lambda request: HttpResponse(), **{"X-Request-ID": "the-same-for-both"})
        for _ in range(2)
    )

    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert "the-same-for-both" not in (first["X-Request-ID"], second["X-Request-ID"])
