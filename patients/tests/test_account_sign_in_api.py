import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import OneTimeToken, SignIn
from accounts.one_time import new_code, new_token
from accounts.roles import Role
from accounts.tests.factories import PASSWORD, UserFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
PATIENT = "/api/v1/patient"


@pytest.fixture
def patient():
    return PatientFactory(with_account=True)


def test_patients_sign_in(api, patient):
    response = api().post(
        f"{PATIENT}/login", {"email": patient.email.upper(), "password": PASSWORD}, format="json"
    )

    assert response.status_code == 200, response.json()
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["success"] is True
    assert set(body["data"]) == {
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "role",
        "patient_id",
    }
    assert body["data"]["patient_id"] == str(patient.pk)
    bearer = f"Bearer {body['data']['access_token']}"
    me = api().get("/api/v1/auth/me", HTTP_AUTHORIZATION=bearer)
    assert me.json()["patient_id"] == str(patient.pk)


@pytest.mark.parametrize("case", ["password", "unknown", "disabled", "staff", "admin"])
def test_nobody_else_does(api, patient, case):
    given = {"email": patient.email, "password": PASSWORD}
    if case == "password":
        given["password"] = "Wrong-horse-9"
    elif case == "unknown":
        given["email"] = "nobody@mail.example"
    elif case == "disabled":
        type(patient.user).objects.update(is_active=False)
    else:
        role = Role.ADMIN if case == "admin" else Role.RECEPTIONIST
        given["email"] = UserFactory(role=role).email

    response = api().post(f"{PATIENT}/login", given, format="json")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    body = response.json()
    assert (body["code"], body["message"]) == ("invalid_credentials", "Wrong e-mail or password.")
    assert not SignIn.objects.exists()


def test_an_address_is_verified_once(api, patient):
    token = new_token(patient.user, OneTimeToken.Purpose.VERIFY_EMAIL)

    first = api().post(f"{PATIENT}/verify-email", {"token": token}, format="json")
    again = api().post(f"{PATIENT}/verify-email", {"token": token}, format="json")

    assert first.status_code == 200, first.json()
    assert first.json()["data"]["email_verified"] is True
    assert again.status_code == 422
    assert set(again.json()["errors"]) == {"token"}


def test_a_token_for_a_new_password_verifies_nothing(api, patient):
    token = new_token(patient.user, OneTimeToken.Purpose.RESET_PASSWORD)

    response = api().post(f"{PATIENT}/verify-email", {"token": token}, format="json")

    assert response.status_code == 422
    patient.refresh_from_db()
    assert patient.email_verified_at is None


def test_asking_for_a_new_link_tells_nothing(api, patient):
    verified = PatientFactory(with_account=True, email_verified_at=timezone.now())
    answers = [
        api().post(f"{PATIENT}/resend-verification", {"email": email}, format="json")
        for email in (patient.email, verified.email, "nobody@mail.example")
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.content for answer in answers}) == 1
    assert ProcrastinateJob.objects.count() == 3


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "x" * 250 + "@mail.example", 5, None])
def test_what_is_no_address_is_refused(api, email):
    response = api().post(f"{PATIENT}/resend-verification", {"email": email}, format="json")

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"email"}


def test_a_phone_is_verified(api, patient):
    client = api(patient.user)
    asked = client.post(f"{PATIENT}/send-phone-code")
    code = new_code(patient.user, str(patient.phone))

    wrong = client.post(f"{PATIENT}/verify-phone", {"code": f"{(int(code) + 1) % 10**6:06d}"})
    right = client.post(f"{PATIENT}/verify-phone", {"code": code}, format="json")
    again = client.post(f"{PATIENT}/send-phone-code")

    assert asked.status_code == 200, asked.json()
    assert wrong.status_code in (415, 422)
    assert right.status_code == 200, right.json()
    assert right.json()["data"]["phone_verified"] is True
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "", " 123456", 123456, None])
def test_what_is_no_code_is_refused_and_counts_for_no_try(api, patient, code):
    new_code(patient.user, str(patient.phone))

    response = api(patient.user).post(f"{PATIENT}/verify-phone", {"code": code}, format="json")

    stripped = code == " 123456"  # Spaces around it are no fault; the code isn't right, either.
    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"code"}
    patient.user.phone_code.refresh_from_db()
    assert patient.user.phone_code.tries == (1 if stripped else 0)


def test_wrong_codes_are_counted_at_the_door(api, patient):
    code = new_code(patient.user, str(patient.phone))
    wrong = {"code": f"{(int(code) + 1) % 10**6:06d}"}
    client = api(patient.user)
    for _ in range(5):
        assert client.post(f"{PATIENT}/verify-phone", wrong, format="json").status_code == 422

    response = client.post(f"{PATIENT}/verify-phone", {"code": code}, format="json")

    assert response.status_code == 422
    assert "too many tries" in response.json()["errors"]["code"][0]


@pytest.mark.parametrize("route", ["send-phone-code", "verify-phone"])
def test_phones_are_for_patients_who_are_signed_in(api, route):
    assert api().post(f"{PATIENT}/{route}", {"code": "123456"}, format="json").status_code == 401
    staff = api(UserFactory(role=Role.ADMIN))
    assert staff.post(f"{PATIENT}/{route}", {"code": "123456"}, format="json").status_code == 403


@pytest.mark.parametrize("field", ["role", "is_staff", "email_verified", "id"])
@pytest.mark.parametrize("route", ["login", "verify-email", "resend-verification"])
def test_extra_fields_are_refused_and_named(api, route, field):
    response = api().post(f"{PATIENT}/{route}", {field: "admin"}, format="json")

    assert response.status_code == 422
    assert response.json()["errors"][field] == ["Unknown field."]


def test_codes_are_limited_by_account(api, patient, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "phone_code": "1/h"}
    other = PatientFactory(with_account=True)
    client = api(patient.user)
    client.post(f"{PATIENT}/send-phone-code")

    assert client.post(f"{PATIENT}/send-phone-code").status_code == 429
    assert api(other.user).post(f"{PATIENT}/send-phone-code").status_code == 200


@pytest.mark.parametrize(
    ("route", "limit"),
    [("login", "login"), ("verify-email", "verify"), ("resend-verification", "resend")],
)
def test_every_anonymous_door_has_a_limit(api, settings, route, limit):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, limit: "1/h"}
    api().post(f"{PATIENT}/{route}", {}, format="json")

    response = api().post(f"{PATIENT}/{route}", {}, format="json")

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
