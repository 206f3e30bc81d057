"""`POST /auth/login`, `GET /auth/me`, and which tokens open anything."""

from base64 import b64encode
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest
from django.conf import settings as project_settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.tests.problems import V1, check_problem
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
LOGIN = f"{V1}/auth/login"
FORM = "application/x-www-form-urlencoded"


def ask(api, token: str, scheme: str = "Bearer"):
    return api().get(f"{V1}/auth/me", headers={"Authorization": f"{scheme} {token}"})


def test_the_oauth2_form_and_json_get_tokens_that_work(api):
    user = UserFactory(role="receptionist")
    grant = {"grant_type": "password", "username": user.email.upper(), "password": PASSWORD}
    extras = {"scope": "", "client_id": "", "client_secret": ""}
    basic = {"Authorization": "Basic " + b64encode(b":").decode()}

    answers = [
        api().post(LOGIN, urlencode(grant | extras), content_type=FORM, headers=basic),
        api().post(LOGIN, grant | {"scope": "a b", "client_id": None}, format="json"),
        api().post(LOGIN, {"username": f" {user.email} ", "password": PASSWORD}, format="json"),
    ]

    for answer in answers:
        assert answer.status_code == 200, answer.content
        assert "no-store" in answer["Cache-Control"]
        tokens = answer.json()
        assert list(tokens) == [
            "access_token",
            "refresh_token",
            "token_type",
            "expires_in",
            "role",
        ]
        assert (tokens["token_type"], tokens["role"]) == ("bearer", "receptionist")
        assert tokens["expires_in"] == 1800
        for scheme in ("Bearer", "bearer", tokens["token_type"], "BEARER"):
            assert ask(api, tokens["access_token"], scheme).json()["email"] == user.email


def test_wrong_unknown_and_inactive_are_told_alike(api):
    active, inactive = UserFactory(), UserFactory(is_active=False)
    attempts = [
        (active.email, PASSWORD + "x"),
        (active.email, PASSWORD.lower()),
        (active.email, "x" * 4096),
        ("nobody@clinic.example", PASSWORD),
        ("no address", PASSWORD),
        (inactive.email, PASSWORD),
    ]
    told = set()
    for username, password in attempts:
        response = api().post(LOGIN, {"username": username, "password": password}, format="json")
        body = check_problem(response, 401, "invalid_credentials")
        told.add((body["message"], str(body["errors"])))

    assert len(told) == 1


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["username", "password"]),
        ({"username": 1, "password": ["a"]}, ["username", "password"]),
        ({"username": "a\x00", "password": "\x00"}, ["username", "password"]),
        ({"username": "x" * 255, "password": "x" * 4097}, ["username", "password"]),
        ({"username": "a", "password": "b", "otp_": "1"}, ["otp_"]),
        ({"username": "a", "password": "b", "grant_type": "implicit"}, ["grant_type"]),
        ({"grant_type": "refresh_token"}, ["refresh_token"]),
        ({"grant_type": "refresh_token", "refresh_token": "a", "otp": "1"}, ["otp"]),
        ({"username": "a", "password": "b", "refresh_token": "a"}, ["refresh_token"]),
    ],
)
def test_what_is_no_grant_is_refused(api, given, fields):
    answer = api().post(LOGIN, given, format="json")

    body = check_problem(answer, 400, "malformed_request", *fields)
    is_grant = fields == ["grant_type"]
    assert body["error"] == ("unsupported_grant_type" if is_grant else "invalid_request")
    assert all(name in body["error_description"] for name in fields)
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("username=a&username=b&password=c", 400, "malformed_request"),
        ("username=%ff&password=c", 400, "malformed_request"),
        (b"username=\xff&password=c", 400, "malformed_request"),
        ("&".join(f"a{n}=" for n in range(1001)), 400, "malformed_request"),
        ("username=" + "x" * 1024 * 1024, 413, "payload_too_large"),
    ],
    ids=range(5),
)
def test_a_form_that_cannot_be_read_is_refused(api, body, status, code):
    check_problem(api().post(LOGIN, body, content_type=FORM), status, code)


def test_the_refresh_grant_is_that_of_the_refresh_route(api):
    user = UserFactory()
    grant = {"grant_type": "refresh_token", "client_id": "app"}

    def refresh(token):
        form = urlencode({**grant, "refresh_token": token})
        return api().post(LOGIN, form, content_type=FORM)

    first = begin_by_api(user).refresh_token
    answer = refresh(first)
    assert answer.status_code == 200, answer.content
    assert (answer["Cache-Control"], answer["Pragma"]) == ("no-store", "no-cache")
    pair = answer.json()
    assert set(pair) == {"access_token", "refresh_token", "token_type", "expires_in", "role"}

    reused = check_problem(refresh(first), 401, "not_authenticated")
    assert reused["error"] == "invalid_grant"
    assert reused["error_description"] == reused["message"]
    check_problem(refresh(pair["refresh_token"]), 401, "not_authenticated")  # The family is dead.


def test_logins_from_one_address_are_limited(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "2/m"}
    given = {"username": "a@mail.example", "password": "b"}

    answers = [api().post(LOGIN, given, format="json") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    check_problem(answers[2], 429, "too_many_requests")
    assert 1 <= int(answers[2]["Retry-After"]) <= 60


def test_me_names_the_doctor_and_the_patient(api):
    doctor, patient = DoctorFactory(with_account=True), PatientFactory(with_account=True)

    as_doctor = api(doctor.user).get(f"{V1}/auth/me").json()
    as_patient = api(patient.user).get(f"{V1}/auth/me").json()

    assert (as_doctor["doctor_id"], as_doctor["patient_id"]) == (str(doctor.pk), None)
    assert (as_patient["doctor_id"], as_patient["patient_id"]) == (None, str(patient.pk))
    assert (as_patient["role"], as_patient["email"]) == ("patient", patient.user.email)


def forged(user, key: str = "another key, which is as long as it has to be", **claims) -> str:
    token = AccessToken.for_user(user)
    return jwt.encode({**token.payload, **claims}, key, algorithm="HS256")


def test_what_is_no_valid_token_is_refused_everywhere(api):
    user = UserFactory(role="admin")
    valid = str(AccessToken.for_user(user))
    unsigned = jwt.encode(AccessToken.for_user(user).payload, "", algorithm="none")
    tokens = [
        forged(user),
        unsigned,
        str(RefreshToken.for_user(user)),
        valid[:-1] + ("A" if valid[-1] != "A" else "B"),
        valid + ".x",
        "garbage",
        "",
        "ä",
        f"{valid} {valid}",
    ]
    for token in tokens:
        check_problem(ask(api, token), 401, "not_authenticated")
        open_door = api().get(f"{V1}/doctors", headers={"Authorization": f"Bearer {token}"})
        check_problem(open_door, 401, "not_authenticated")
    for scheme in ("Basic", "Token", "JWT"):
        check_problem(ask(api, valid, scheme), 401, "not_authenticated")
    check_problem(api().get(f"{V1}/auth/me"), 401, "not_authenticated")


def test_a_token_that_was_signed_without_a_user_is_refused(api):
    user = UserFactory()
    key = project_settings.SECRET_KEY

    for claims in ({"user_id": "7"}, {"user_id": None}, {"user_id": str(PatientFactory().pk)}):
        check_problem(ask(api, forged(user, key, **claims)), 401, "not_authenticated")


def test_an_expired_token_says_so_and_the_login_still_opens(api):
    user = UserFactory()
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=-timedelta(seconds=1))

    check_problem(ask(api, str(token)), 401, "token_expired")
    given = {"username": user.email, "password": PASSWORD}
    header = {"Authorization": f"Bearer {token}"}
    assert api().post(LOGIN, given, format="json", headers=header).status_code == 200


def test_a_disabled_account_and_a_changed_password_end_tokens_at_once(api):
    disabled, changed = UserFactory(), UserFactory()
    clients = [api(disabled), api(changed)]
    assert [client.get(f"{V1}/auth/me").status_code for client in clients] == [200, 200]

    disabled.is_active = False
    disabled.save()
    changed.set_password("Another-horse-10")
    changed.save()

    for client in clients:
        check_problem(client.get(f"{V1}/auth/me"), 401, "not_authenticated")
        check_problem(client.get(f"{V1}/doctors"), 401, "not_authenticated")
