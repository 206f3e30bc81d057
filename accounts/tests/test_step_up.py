"""What could give an account away wants the password or a second factor shown lately."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts.models import SignIn, User
from accounts.roles import Role
from accounts.services import step_up
from accounts.tests.codes import code_of, with_factor
from accounts.tests.console import opened, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.errors import StepUpNeeded
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
ASKS = "Is it you?"
NEW = "new@example.com"


AT_HOME = {"street": "Elm Row 1", "zip": "10115", "city": "Berlin", "country": "DE"}


def rest(minutes: int = 11) -> None:
    """Let the last proof of every sign-in lie so far back."""
    SignIn.objects.update(proven_at=timezone.now() - timedelta(minutes=minutes))


def asks(response) -> bool:
    return not response.streaming and ASKS in response.content.decode()


def hidden(response) -> dict[str, str]:
    """What the page that asks bears along."""
    return dict(response.context["borne_along"]) | {"step_up": "1"}


def account_patient() -> Patient:
    return PatientFactory(with_account=True, **AT_HOME)


def new_account(browser):
    return "/admin/accounts/user/add/", {
        "email": NEW,
        "first_name": "Nora",
        "last_name": "New",
        "role": Role.RECEPTIONIST,
        "_save": "Save",
    }


def changed_account(browser):
    address = f"/admin/accounts/user/{UserFactory(role=Role.RECEPTIONIST).pk}/change/"
    return address, {
        "email": NEW,
        "first_name": "Nora",
        "last_name": "New",
        "role": Role.ADMIN,
        "is_active": "on",
        **opened(browser, address),
    }


def approved(browser):
    doctor = DoctorFactory(
        is_active=False,
        applied_at=timezone.now(),
        email_verified_at=timezone.now(),
        user=UserFactory(role=Role.DOCTOR, is_active=False),
    )
    return "/admin/approvals/", {"do": f"approve:{doctor.pk}"}


def exported(browser):
    PatientFactory()
    return "/admin/patients/patient/export/", {"format": "csv"}


def exported_log(browser):
    today = timezone.localdate()
    return "/admin/pghistory/events/export/", {"since": today, "until": today, "format": "csv"}


def reset_factor(browser):
    user = with_factor(UserFactory())
    return f"/admin/accounts/user/{user.pk}/second-factor/", {"reason": "Lost the phone"}


def mailed_link(browser):
    return f"/admin/accounts/user/{UserFactory().pk}/password/link/", {}


def deleted_patient(browser):
    return f"/admin/patients/patient/{PatientFactory().pk}/delete/", {"post": "yes"}


CONSOLE = [
    new_account,
    changed_account,
    approved,
    exported,
    exported_log,
    reset_factor,
    mailed_link,
    deleted_patient,
]


def everything() -> list:
    rows = [User.objects.order_by("pk").values_list("email", "role", "is_active")]
    rows += [Doctor.objects.values_list("is_active"), Patient.objects.values_list("pk")]
    return [list(each) for each in rows]


@pytest.mark.parametrize("door", CONSOLE, ids=lambda door: door.__name__)
def test_the_console_asks_in_place_and_goes_on_with_what_was_sent(door):
    browser = signed_in(Role.ADMIN)
    address, data = door(browser)
    rest()
    before = everything()

    asked = browser.post(address, data)
    assert asks(asked)
    assert everything() == before
    wrong = browser.post(address, hidden(asked) | {"step_up_password": "No-such-1"})
    assert asks(wrong)
    assert everything() == before
    done = browser.post(address, hidden(wrong) | {"step_up_password": PASSWORD})

    assert not asks(done)
    assert done.status_code == 302 or done.headers["Content-Disposition"]
    if door not in (exported, exported_log, reset_factor, mailed_link):
        assert everything() != before
    assert not asks(browser.post(address, data))


def test_a_page_for_a_secret_asks_before_it_is_typed(client):
    browser = signed_in(Role.ADMIN)
    address = f"/admin/accounts/user/{UserFactory().pk}/password/"
    rest()

    asked = browser.get(address)
    assert asks(asked)
    to = browser.post(address, hidden(asked) | {"step_up_password": PASSWORD})

    assert to.headers["Location"] == address
    assert not asks(browser.get(address))


def test_a_secret_is_borne_along_in_no_page():
    browser = signed_in(Role.ADMIN)
    address, data = new_account(browser)
    rest()

    asked = browser.post(
        address, data | {"password1": "Secret-word-1", "password2": "Secret-word-1"}
    )
    assert b"Secret-word-1" not in asked.content
    shown = browser.post(address, hidden(asked) | {"step_up_password": PASSWORD}, follow=True)

    assert NEW in shown.content.decode()
    assert "Nothing" in shown.content.decode() or "not saved yet" in shown.content.decode()
    assert not User.objects.filter(email=NEW).exists()


def test_a_patient_shows_it_for_another_number_and_for_the_data(client):
    patient = account_patient()
    browser = signed_in(patient.user)
    form = browser.get("/me/profile/change/").context["form"]
    data = {field.html_name: field.value() or "" for field in form}
    rest()

    assert browser.post("/me/profile/change/", data).headers["Location"] == "/me/profile/"
    asked = browser.post("/me/profile/change/", data | {"phone": "+4915112999999"})
    assert asks(asked)
    assert asks(browser.post("/me/download/", {}))
    done = browser.post("/me/profile/change/", hidden(asked) | {"step_up_password": PASSWORD})

    assert done.headers["Location"] == "/me/profile/"
    patient.refresh_from_db()
    assert str(patient.phone) == "+4915112999999"
    assert "attachment" in browser.post("/me/download/", {}).headers["Content-Disposition"]


def test_a_code_of_the_second_factor_will_do():
    admin = with_factor(UserFactory(role=Role.ADMIN))
    browser = signed_in(admin)
    address, data = exported(browser)
    rest()
    asked = browser.post(address, data)

    done = browser.post(address, hidden(asked) | {"step_up_otp": code_of(admin)})

    assert "attachment" in done.headers["Content-Disposition"]


def doctor_with_account() -> Doctor:
    return DoctorFactory(user=UserFactory(role=Role.DOCTOR))


API = [
    ("POST", lambda: "/api/v1/auth/register", {"email": NEW}),
    ("PATCH", lambda: f"/api/v1/doctors/{doctor_with_account().pk}", {"email": NEW}),
    ("PATCH", lambda: f"/api/v1/patients/{account_patient().pk}", {"email": NEW}),
    ("DELETE", lambda: f"/api/v1/patients/{PatientFactory().pk}", {}),
    ("GET", lambda: f"/api/v1/patient/profile/{PatientFactory().pk}/export", None),
]
ACCOUNT = {
    "first_name": "Nora",
    "last_name": "New",
    "role": "receptionist",
    "password": "Str0ng-enough!",
    "confirm_password": "Str0ng-enough!",
}


@pytest.mark.parametrize(
    ("method", "address", "body"), API, ids=["register", "doctor", "patient", "deletion", "export"]
)
def test_the_api_says_how_and_does_it_then(api, method, address, body):
    admin = api(UserFactory(role=Role.ADMIN))
    address = address()
    if address.endswith("register"):
        body = body | ACCOUNT
    rest()
    headers = {"Idempotency-Key": "one"} if method == "POST" else {}

    def send():
        return getattr(admin, method.lower())(address, body, format="json", headers=headers)

    refused = send()
    assert refused.status_code == 403
    assert refused.json()["code"] == "step_up_required"
    assert "/api/v1/auth/step-up" in refused.json()["message"]
    wrong = admin.post("/api/v1/auth/step-up", {"password": "No-such-1"}, format="json")
    assert wrong.status_code == 422
    assert send().status_code == 403
    shown = admin.post("/api/v1/auth/step-up", {"password": PASSWORD}, format="json")
    assert shown.status_code == 200
    assert 200 <= send().status_code < 300


def test_what_was_shown_counts_for_ten_minutes_and_in_this_sign_in_alone(rf):
    user = UserFactory(role=Role.ADMIN)
    here, elsewhere = signed_in(user), signed_in(user)
    rest(9)
    request = here.get("/admin/account/").wsgi_request
    assert step_up.recent_sign_in(request)
    rest(11)
    address, data = exported(here)
    asked = here.post(address, data)
    here.post(address, hidden(asked) | {"step_up_password": PASSWORD})

    assert not asks(here.post(address, data))
    assert asks(elsewhere.post(address, data))
    assert timedelta(minutes=10) == settings.STEP_UP_TIME


def test_commands_and_jobs_come_by_no_sign_in():
    step_up.check(UserFactory())
    step_up.check(None)
    user = UserFactory()
    user.proven_at = timezone.now() - timedelta(minutes=11)
    with pytest.raises(StepUpNeeded):
        step_up.check(user)
