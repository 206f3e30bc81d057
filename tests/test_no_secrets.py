"""No password, token or code is left behind anywhere: not in a row, a job or a line of the log."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import SecondFactor
from accounts.services import factors
from accounts.tests.codes import code_of, with_factor
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.logs import JsonFormatter, RequestIdFilter
from clinic.sms import locmem
from clinic.tests.jobs import run_due_jobs
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db(transaction=True)

V1 = "/api/v1"
SECOND, THIRD, WRONG = "Purple-otter-72!", "Violet-heron-51?", "Wrong-guess-33%"
EMAIL = "grace@mail.example"
SESSION = "django_session"  # A session is found by its key: that table has to hold it.


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """All lines of the log from `INFO` on, as production writes them."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RequestIdFilter())
    levels = {
        name: logging.getLogger(name).level for name in ("", "procrastinate", "django.request")
    }
    for name in levels:
        logging.getLogger(name).setLevel(logging.INFO)
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def token_in_mail() -> str:
    """Work off the jobs; the token of the link in the mail that comes of it."""
    mail.outbox.clear()
    run_due_jobs()
    (token,) = {
        token for sent in mail.outbox for token in re.findall(r"[?]token=([\w-]+)", sent.body)
    }
    return token


def code_in_text() -> str:
    locmem.outbox.clear()
    run_due_jobs()
    return re.search(r"\b[0-9]{6}\b", locmem.outbox[-1].text)[0]


class Caller:
    """Calls the API, and keeps the secrets that it gets to see."""

    def __init__(self) -> None:
        self.client, self.secrets = Client(), {PASSWORD, SECOND, THIRD, WRONG}

    def post(self, path: str, body: dict, status: int, token: str = "", **headers) -> dict:
        if token:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        response = self.client.post(
            f"{V1}{path}", json.dumps(body), content_type="application/json", **headers
        )
        assert response.status_code == status, response.content
        answer = json.loads(response.content or b"{}")
        data = answer.get("data", answer)
        self.secrets |= {data[name] for name in ("access_token", "refresh_token") if name in data}
        return data


def registration() -> dict:
    return {
        "first_name": "Grace", "last_name": "Hopper", "email": EMAIL,
        "phone_number": "+4915112345678", "password": PASSWORD, "confirm_password": PASSWORD,
        "date_of_birth": "1986-12-09", "gender": "female",
        "address": {
            "street": "Uferweg 7", "city": "Berlin", "state": "Berlin", "zip": "10115",
            "country": "DE",
        },
    }  # fmt: skip


def patients_life(caller: Caller) -> None:
    """Register, verify, sign in, change and reset the password; each with a wrong try before."""
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    caller.post("/patient/register", registration() | {"confirm_password": WRONG}, 422)
    caller.post("/patient/register", registration(), 201, **key)
    caller.post("/patient/register", registration(), 201, **key)
    token = token_in_mail()
    caller.secrets.add(token)
    caller.post("/patient/verify-email", {"token": token}, 200)
    caller.post("/patient/verify-email", {"token": token}, 422)
    caller.post("/patient/login", {"email": EMAIL, "password": WRONG}, 401)
    pair = caller.post("/patient/login", {"email": EMAIL, "password": PASSWORD}, 200)
    caller.post("/patient/send-phone-code", {}, 200, pair["access_token"])
    code = code_in_text()
    caller.secrets.add(code)
    caller.post("/patient/verify-phone", {"code": code}, 200, pair["access_token"])
    changed = {"new_password": SECOND, "confirm_password": SECOND}
    wrong, right = ({"current_password": password} for password in (WRONG, PASSWORD))
    caller.post("/auth/password/change", changed | wrong, 422, pair["access_token"])
    pair = caller.post("/auth/password/change", changed | right, 200, pair["access_token"])
    newer = caller.post("/auth/refresh", {"refresh_token": pair["refresh_token"]}, 200)
    caller.post("/auth/refresh", {"refresh_token": pair["refresh_token"]}, 401)
    caller.post("/auth/logout", {"refresh_token": newer["refresh_token"]}, 204)
    caller.post("/auth/password/reset", {"email": EMAIL}, 200)
    token = token_in_mail()
    caller.secrets.add(token)
    reset = {"token": token, "new_password": THIRD, "confirm_password": THIRD}
    caller.post("/auth/password/reset/confirm", reset, 200)
    caller.post("/auth/password/reset/confirm", reset, 422)


def staffs_life(caller: Caller) -> None:
    """Second factor in the console and the API, a photo, a broken request."""
    user = with_factor(UserFactory())
    caller.secrets |= {SecondFactor.objects.get(user=user).secret}
    recovery = factors.new_recovery_codes(user)
    caller.secrets |= set(recovery)
    browser = Client()
    for password in (WRONG, PASSWORD):
        browser.post("/admin/login/", {"username": user.email, "password": password})
    code = code_of(user)
    caller.secrets.add(code)
    assert browser.post("/admin/login/code/", {"code": code}).status_code == 302
    assert browser.get("/admin/").status_code == 200
    caller.secrets.add(browser.cookies["sessionid"].value)
    login = {"username": user.email, "password": PASSWORD}
    caller.post("/auth/login", login, 401)
    pair = caller.post("/auth/login", login | {"otp": recovery[0]}, 200)
    caller.post("/auth/login", login | {"otp": recovery[0]}, 401)
    caller.post("/auth/login", login | {"extra": pair["access_token"]}, 400)
    new = {"name": "Ada Lovelace", "email": "ada@mail.example", "phone": "+4915112345679"}
    browser.post(f"{V1}/patients", {**new, "document_photo": upload(), "password": SECOND})


def sites_life(caller: Caller) -> None:
    """The pages on which secrets are typed or arrive by a link."""
    browser = Client()
    for password in (WRONG, THIRD):
        browser.post("/sign-in/", {"email": EMAIL, "password": password})
    assert browser.get("/me/").status_code == 200
    caller.secrets.add(browser.cookies["sessionid"].value)
    browser.post("/password/reset/", {"email": EMAIL})
    token = token_in_mail()
    caller.secrets.add(token)
    browser.get(f"/password/reset/confirm/?token={token}")
    browser.get(f"/verify-email/?token={token}")
    browser.post("/password/change/", {"current_password": WRONG, "new_password": SECOND})


def rows() -> Iterator[tuple[str, str]]:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
            yield from ((table, row) for (row,) in cursor.fetchall())


def found(secret: str, text: str) -> bool:
    """Is the secret in the text, as it is, or as the bytes of a column are written?"""
    if re.fullmatch(r"[0-9]{6}", secret):  # As a word: instants and ids are full of digits.
        return re.search(rf"(?<![0-9A-Za-z.-]){secret}(?![0-9A-Za-z-])", text) is not None
    return secret in text or secret.encode().hex() in text


def test_secrets_are_left_nowhere(logged):
    caller = Caller()
    patients_life(caller)
    staffs_life(caller)
    sites_life(caller)
    run_due_jobs()

    tables = {table for table, _ in rows()}
    assert {
        "accounts_userevent", "patients_patientevent", "accounts_accesslog", "accounts_signin",
        "clinic_notification", "clinic_idempotencykey", "procrastinate_jobs", SESSION,
    } <= tables  # fmt: skip
    assert len(caller.secrets) > 25
    assert any(found(EMAIL, row) for _, row in rows())
    assert logged
    assert not any(found(EMAIL, line) for line in logged)
    leaks = {
        (table, secret, row)
        for table, row in rows()
        for secret in caller.secrets
        if found(secret, row) and table != SESSION
    }
    assert not leaks
    assert not {
        (secret, line) for line in logged for secret in caller.secrets if found(secret, line)
    }
