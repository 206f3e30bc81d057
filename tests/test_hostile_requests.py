"""Queries and headers that mean harm: answered as what they are, and never with a failure."""

import json
import time
from urllib.parse import quote

import pytest
from django.contrib import admin

from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.api.made_document import MAKER
from clinic.tests.problems import V1
from tests.hostile.texts import QUERIES

pytestmark = pytest.mark.django_db
OUR_APPS = ("accounts", "doctors", "patients", "appointments", "clinic")
HEADERS = {
    "HTTP_ACCEPT": ["*", "/", ";;;", "application/json;q=x", "a/b;" * 500, "text/html;q=0", "\xff"],
    "HTTP_ACCEPT_LANGUAGE": ["*", "de;q=nan", "x" * 300, "de-" * 90, "../../etc", "\x00"],
    "HTTP_ACCEPT_ENCODING": ["gzip;q=", ";", "*;q=0", "gzip, gzip, gzip"],
    "HTTP_AUTHORIZATION": [
        "Bearer", "Bearer ", "Bearer a.b", "Bearer a.b.c", "Bearer " + "a." * 4_000, "Basic YTpi",
        "Bearer eyJhbGciOiJub25lIn0.e30.", "bearer\xff", "Bearer null", "Bearer {}", "Digest x",
    ],
    "HTTP_IDEMPOTENCY_KEY": ["", "x" * 256, "\x00", "\xe4", "a\tb"],
    "HTTP_IF_NONE_MATCH": ["*", "x", '"', 'W/"', '"a",' * 2_000],
    "HTTP_IF_MATCH": ["*", "x", '"', "", '"a",' * 2_000],
    "HTTP_IF_MODIFIED_SINCE": ["x", "Thu, 99 Foo 9999 99:99:99 GMT", "0"],
    "HTTP_RANGE": ["bytes=0-", "bytes=-1", "bytes=a-b", "bytes=0-0," * 500],
    "HTTP_X_FORWARDED_FOR": ["x", "1.2.3.4" + ",1.2.3.4" * 1_000, "::ffff:1.2.3.4%eth0", "-1"],
    "HTTP_X_FORWARDED_PROTO": ["javascript", "https,http"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "HTTP_X_REQUEST_ID": ["x" * 65, "a b", "\x1b[31m", "%0d%0aX: y"],
    "HTTP_HOST": ["evil.example", "127.0.0.1:x", "a@127.0.0.1", "127.0.0.1/..", "[::1", ""],
    "HTTP_ORIGIN": ["null", "http://evil.example", "x"],
    "HTTP_REFERER": ["javascript:alert(1)", "http://[", "x" * 4_000],
    "HTTP_COOKIE": ["sessionid=x", ";;=;", "sessionid=" + "x" * 8_000, "messages=x; language=\xff"],
    "CONTENT_LENGTH": ["-1", "x", "1_0", "99999999999999999999"],
    "CONTENT_TYPE": [
        "application/json; charset=utf-16", "application/json;charset=x", "application/json; x",
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=a",
        "text/plain", "application/x-www-form-urlencoded; charset=utf-7", "\xff/\xff", "json",
    ],
}  # fmt: skip
MISFITS = ["' OR '1'='1", "a\x00b", "9" * 400]
BODIES = {"multipart/form-data; boundary=a": b"--a\r\nContent-Disposition: x\r\n\r\n--a--"}


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_leads_to_a_failure_or_takes_long(api, name):
    client, wrong = api(UserFactory(role="admin")), []
    client.raise_request_exception = False
    for value in HEADERS[name]:
        kind = value if name == "CONTENT_TYPE" else "application/json"
        sent = {} if name == "CONTENT_TYPE" else {name: value}
        body = BODIES.get(value, b"{}")
        for method, path in (("GET", f"{V1}/doctors"), ("POST", f"{V1}/patients"), ("GET", "/")):
            data = body if method == "POST" else b""
            begun = time.thread_time()
            answer = client.generic(method, path, data, content_type=kind, **sent)
            took = time.thread_time() - begun
            if answer.status_code >= 500 or took > 0.5:
                wrong.append((method, path, value[:40], answer.status_code, took))

    assert not wrong, wrong


def test_no_parameter_of_the_api_is_more_than_a_value(api):
    """Every parameter of every list: a fault (422), nothing found, or what it says."""
    AppointmentFactory()
    document = json.loads(MAKER.document().content)
    client, wrong = api(UserFactory(role="admin")), []
    client.raise_request_exception = False
    for path, verbs in document["paths"].items():
        if "{" in path or not path.startswith(V1):
            continue
        for parameter in verbs.get("get", {}).get("parameters", ()):
            if parameter["in"] != "query":
                continue
            for value in QUERIES:
                text = quote(value.encode("utf-8", "surrogatepass"))
                answer = client.get(f"{path}?{parameter['name']}={text}")
                if answer.status_code not in (200, 400, 403, 404, 422):
                    wrong.append((path, parameter["name"], value[:20], answer.status_code))
                if answer.status_code == 200 and parameter["name"] == "ordering":
                    wrong.append((path, "ordering", value[:20], 200))

    assert not wrong, wrong


def test_no_search_filter_or_order_of_the_console_is_more_than_a_value():
    """The changelist of every model: what is no value of a filter shows the list, or leads back."""
    AppointmentFactory()
    client, wrong, asked = signed_in("admin"), [], 0
    client.raise_request_exception = False
    for model, shown in admin.site._registry.items():
        if model._meta.app_label not in OUR_APPS:
            continue
        page = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        filters = [getattr(one, "parameter_name", one) for one in shown.list_filter]
        named = [f"{name}__exact" for name in filters if isinstance(name, str) and name]
        names = ["q", "o", "p", "e", "all", "_to_field", *named]
        for name in names:
            for value in QUERIES if name == "q" else MISFITS:
                text = quote(value.encode("utf-8", "surrogatepass"))
                answer = client.get(f"{page}?{name}={text}")
                asked += 1
                if answer.status_code >= 500:
                    wrong.append((page, name, value[:20], answer.status_code))

    assert asked > 200, asked
    assert not wrong, wrong
