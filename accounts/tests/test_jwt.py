"""Tokens that must not be believed."""

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts.models import SignIn
from accounts.services import sign_ins
from accounts.tests.factories import UserFactory
from clinic.tests.problems import check_problem

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
REFRESH = "/api/v1/auth/refresh"
OTHER_KEY = "another-key-of-more-than-thirty-two-characters"
PEM = "-----BEGIN PUBLIC KEY-----"


@pytest.fixture
def pair():
    return sign_ins.begin_by_api(UserFactory(role="admin"))


@pytest.fixture
def claims(pair):
    return read(pair.access_token)


def read(token: str) -> dict:
    return jwt.decode(token, settings.SECRET_KEY, algorithms=["HS256"])


def sign(claims: dict, key: str = settings.SECRET_KEY, algorithm="HS256", **headers) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def part(data: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def me(api, token: str):
    return api().get(ME, HTTP_AUTHORIZATION=f"Bearer {token}")


def ago(**time) -> int:
    return int((datetime.now(UTC) - timedelta(**time)).timestamp())


def test_what_is_forged_here_would_pass_if_it_were_right(api, claims):
    assert me(api, sign(claims)).status_code == 200


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_no_algorithm_is_none(api, claims, name, signature):
    token = f"{part({'alg': name, 'typ': 'JWT'})}.{part(claims)}.{signature}"

    check_problem(me(api, token), 401, "not_authenticated")


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_the_right_key(api, claims, algorithm):
    check_problem(me(api, sign(claims, algorithm=algorithm)), 401, "not_authenticated")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA", "HS999", 1, None, ["HS256"]])
def test_the_header_does_not_choose_the_algorithm(api, pair, algorithm):
    _, body, signature = pair.access_token.split(".")
    header = part({"alg": algorithm, "typ": "JWT"})

    check_problem(me(api, f"{header}.{body}.{signature}"), 401, "not_authenticated")


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "other"},
        {"kid": "../../../../dev/null"},
        {"kid": "' UNION SELECT 'key"},
        {"jku": "https://attacker.example/keys.json"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"x5u": "https://attacker.example/cert.pem"},
    ],
)
def test_a_header_does_not_choose_the_key(api, claims, headers):
    check_problem(me(api, sign(claims, OTHER_KEY, **headers)), 401, "not_authenticated")


def test_a_changed_kid_breaks_the_signature(api, pair):
    _, body, signature = pair.access_token.split(".")
    header = part({"alg": "HS256", "typ": "JWT", "kid": "other"})

    check_problem(me(api, f"{header}.{body}.{signature}"), 401, "not_authenticated")


def test_another_key_is_refused(api, claims):
    check_problem(me(api, sign(claims, OTHER_KEY)), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"exp": ago(seconds=1)}, "token_expired"),
        ({"exp": ago(days=400)}, "token_expired"),
        ({"nbf": ago(hours=-1)}, "not_authenticated"),
        ({"iat": ago(hours=-1)}, "not_authenticated"),
        ({"exp": "tomorrow"}, "not_authenticated"),
        ({"sid": "01890000-0000-7000-8000-000000000000"}, "not_authenticated"),
        ({"sid": "x"}, "not_authenticated"),
        ({"sid": ["x"]}, "not_authenticated"),
        ({"sid": None}, "not_authenticated"),
        ({"token_type": "refresh"}, "not_authenticated"),
        ({"token_type": "sliding"}, "not_authenticated"),
        ({"hash_password": "x"}, "not_authenticated"),
    ],
)
def test_claims_that_do_not_hold(api, claims, change, code):
    assert settings.SIMPLE_JWT["CHECK_REVOKE_TOKEN"]
    if "hash_password" in change:
        change = {next(name for name in claims if "hash" in name): "x"}

    check_problem(me(api, sign(claims | change)), 401, code)


@pytest.mark.parametrize("path", [ME, "/api/v1/appointments?date=2031-01-06"])
def test_a_token_that_was_believed_before_ends_on_time_and_is_no_leave_for_another(api, path):
    user = UserFactory()
    client = api(user)
    token = client.defaults["HTTP_AUTHORIZATION"]
    assert [client.get(path).status_code for _ in range(2)] == [200, 200]

    other = token[:-1] + ("A" if token[-1] != "A" else "Q")
    check_problem(client.get(path, HTTP_AUTHORIZATION=other), 401, "not_authenticated")
    lifetime = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
    with time_machine.travel(timezone.now() + lifetime + timedelta(seconds=1)):
        check_problem(client.get(path), 401, "token_expired")
    sign_ins.end_all(user, SignIn.Ended.BY_USER)
    check_problem(client.get(path), 401, "not_authenticated")


@pytest.mark.parametrize("name", ["exp", "jti", "sid", "token_type"])
def test_a_missing_claim(api, claims, name):
    del claims[name]

    check_problem(me(api, sign(claims)), 401, "not_authenticated")


def test_a_user_id_does_not_choose_the_user(api, claims):
    other = UserFactory()

    response = me(api, sign(claims | {"user_id": str(other.pk)}))

    assert response.status_code == 401 or response.json()["email"] != other.email


def test_a_refresh_token_opens_no_door_and_an_access_token_renews_nothing(api, pair):
    check_problem(me(api, pair.refresh_token), 401, "not_authenticated")
    sent = {"refresh_token": pair.access_token}
    check_problem(api().post(REFRESH, sent, format="json"), 401, "not_authenticated")


@pytest.mark.parametrize("change", [{"exp": ago(seconds=1)}, {"nbf": ago(hours=-1)}, {"sid": "x"}])
def test_a_refresh_token_that_does_not_hold(api, pair, change):
    token = sign(read(pair.refresh_token) | change)

    answer = api().post(REFRESH, {"refresh_token": token}, format="json")
    check_problem(answer, 401, "not_authenticated")


@pytest.mark.parametrize(
    "token", [".", "..", "a.b.c", "e30.e30.", "x" * 10_000, PEM, "%00", "\xff", "e30", "null"]
)
def test_garbage(api, token):
    check_problem(me(api, token), 401, "not_authenticated")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer", "Token x"])
def test_a_header_that_bears_no_token(api, header):
    check_problem(api().get(ME, HTTP_AUTHORIZATION=header), 401, "not_authenticated")
