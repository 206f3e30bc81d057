import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import OneTimeToken, SignIn
from accounts.one_time import new_token
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/password"
NEW = "Another-horse-77"
RESET = OneTimeToken.Purpose.RESET_PASSWORD


@pytest.fixture
def user():
    return UserFactory()


def changed(**fields) -> dict:
    return {
        "current_password": PASSWORD,
        "new_password": NEW,
        "confirm_password": NEW,
    } | fields


def test_a_change_keeps_this_sign_in_and_ends_the_others(api, user):
    other = begin_by_api(user)
    client = api(user)

    response = client.post(f"{URL}/change", changed(), format="json")

    assert response.status_code == 200, response.json()
    assert response["Cache-Control"] == "no-store"
    user.refresh_from_db()
    assert user.check_password(NEW)
    pair = response.json()
    me = api().get("/api/v1/auth/me", HTTP_AUTHORIZATION=f"Bearer {pair['access_token']}")
    assert me.status_code == 200
    assert client.get("/api/v1/auth/me").status_code == 401
    for token in (other.refresh_token, pair["refresh_token"]):
        refreshed = api().post("/api/v1/auth/refresh", {"refresh_token": token}, format="json")
        assert refreshed.status_code == (200 if token == pair["refresh_token"] else 401)
    assert SignIn.objects.filter(ended_because=SignIn.Ended.PASSWORD).count() == 1
    [owed] = Notification.objects.all()
    assert (owed.event.partition(":")[0], owed.recipient) == ("password_changed", user.email)


def test_every_fault_of_a_change_is_told_at_once(api, user):
    response = api(user).post(
        f"{URL}/change",
        changed(current_password="wrong", new_password="weak", role="admin"),
        format="json",
    )

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {
        "current_password",
        "new_password",
        "confirm_password",
        "role",
    }
    assert not Notification.objects.exists()


@pytest.mark.parametrize("new", [PASSWORD, "P@ssw0rd", "Robin-Meyer-1", "x" * 4096, "😀" * 9])
def test_a_bad_new_password_is_refused(api, user, new):
    given = changed(new_password=new, confirm_password=new)

    response = api(user).post(f"{URL}/change", given, format="json")

    assert set(response.json()["errors"]) == {"new_password"}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_change_needs_a_token_and_has_a_limit(api, user, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "password_change": "1/h"}
    assert api().post(f"{URL}/change", changed(), format="json").status_code == 401
    client = api(user)
    client.post(f"{URL}/change", changed(current_password="guess"), format="json")

    assert client.post(f"{URL}/change", changed(), format="json").status_code == 429


@pytest.mark.django_db(transaction=True)
def test_a_forgotten_password(api, user, mailbox):
    begin_by_api(user)
    disabled = UserFactory(is_active=False)
    answers = [
        api().post(f"{URL}/reset", {"email": email}, format="json")
        for email in (user.email.upper(), disabled.email, "nobody@mail.example")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (200, answers[0].content)
    }
    run_due_jobs()
    [(recipients, mail)] = mailbox.mails
    assert recipients == [user.email]
    _, _, rest = part(mail, "plain").partition("/password/reset/confirm/?token=")
    token = rest.split()[0]
    jobs = ProcrastinateJob.objects.filter(task_name__startswith="accounts.")
    assert token not in str(list(jobs.values_list("args")))

    given = {"token": token, "new_password": NEW, "confirm_password": NEW}
    done = api().post(f"{URL}/reset/confirm", given, format="json")
    again = api().post(f"{URL}/reset/confirm", given, format="json")

    assert done.status_code == 200, done.json()
    assert (again.status_code, set(again.json()["errors"])) == (422, {"token"})
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert not SignIn.objects.live().exists()
    run_due_jobs()
    assert mailbox.mails[-1][1]["Subject"] == "Your password was changed"


def test_a_refused_password_leaves_the_link_alive(api, user):
    token = new_token(user, RESET)
    weak = {"token": token, "new_password": "Robin-Meyer-1", "confirm_password": "Robin-Meyer-1"}
    good = {"token": token, "new_password": NEW, "confirm_password": NEW}

    refused = api().post(f"{URL}/reset/confirm", weak, format="json")
    done = api().post(f"{URL}/reset/confirm", good, format="json")

    assert set(refused.json()["errors"]) == {"new_password"}
    assert done.status_code == 200, done.json()


def test_the_faults_of_a_reset_are_told_at_once(api):
    given = {"new_password": "weak", "confirm_password": "other", "is_staff": True}

    response = api().post(f"{URL}/reset/confirm", given, format="json")

    assert set(response.json()["errors"]) == {
        "token",
        "new_password",
        "confirm_password",
        "is_staff",
    }


def test_a_link_that_verifies_resets_nothing(api, user):
    token = new_token(user, OneTimeToken.Purpose.VERIFY_EMAIL)

    given = {"token": token, "new_password": NEW, "confirm_password": NEW}
    response = api().post(f"{URL}/reset/confirm", given, format="json")

    assert set(response.json()["errors"]) == {"token"}


@pytest.mark.parametrize(("route", "limit"), [("reset", "reset"), ("reset/confirm", "verify")])
def test_the_anonymous_doors_have_limits(api, settings, route, limit):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, limit: "1/h"}
    api().post(f"{URL}/{route}", {}, format="json")

    response = api().post(f"{URL}/{route}", {}, format="json")

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
