"""Registrations at once, and registrations with what is known already, where that is concealed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from accounts.models import User
from accounts.security.hashers import BCryptHasher
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from patients.models import Patient
from patients.tests.accounts import URL, address, sent
from patients.tests.factories import PatientFactory
from patients.tests.registration import stored_files

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(api, bodies: list[dict]) -> list:
    together = Barrier(len(bodies))

    def register(body: dict):
        together.wait()
        try:
            return api().post(URL, body, format="json")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(register, bodies))


@pytest.mark.parametrize(
    "differing",
    [
        [
            {"phone_number": "030 901820"},
            {"email": "GRACE@mail.example", "phone_number": "030 901821"},
        ],
        [{"email": "grace@mail.example"}, {"email": "other@mail.example"}],
    ],
    ids=["one address in two cases", "one number"],
)
def test_of_two_at_once_one_is_registered(api, differing):
    answers = at_once(api, [sent(**each) for each in differing])

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert Patient.objects.count() == User.objects.count() == 1
    assert Notification.objects.count() == 2
    [refused] = [answer for answer in answers if answer.status_code == 422]
    assert set(refused.json()["errors"]) <= {"email", "phone_number"}


def test_where_it_is_concealed_both_are_told_the_same(api, settings):
    settings.DUPLICATE_REGISTRATION = "conceal"

    answers = at_once(api, [sent(), sent(email="GRACE@mail.example", phone_number="030 901821")])

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Patient.objects.count() == User.objects.count() == 1


@pytest.mark.parametrize("known", ["email", "phone", "staff"])
def test_a_known_address_is_concealed(api, settings, mailbox, known):
    settings.DUPLICATE_REGISTRATION = "conceal"
    fresh = api().post(
        URL, sent(email="new@mail.example", phone_number="030 901999"), format="json"
    )
    if known == "email":
        PatientFactory(email="grace@mail.example")
    elif known == "phone":
        PatientFactory(email="owner@mail.example", phone="+4930901820")
    else:
        UserFactory(email="grace@mail.example")
    before = Patient.objects.count(), User.objects.count()
    run_due_jobs()
    mailbox.mails.clear()

    answer = api().post(URL, sent(), format="json")

    assert answer.status_code == fresh.status_code == 201
    assert answer.json() == {
        "success": True,
        "message": fresh.json()["message"],
        "data": {
            "email": "grace@mail.example",
            "phone_number": "+4930901820",
            "email_verified": False,
            "phone_verified": False,
        },
    }
    assert set(answer.json()["data"]) == set(fresh.json()["data"])
    changing = {"X-Request-ID", "Content-Length"}
    assert headers(answer, changing) == headers(fresh, changing)
    assert (Patient.objects.count(), User.objects.count()) == before
    assert not stored_files()
    for _ in range(3):  # One mail a day, however often.
        api().post(URL, sent(), format="json")
    run_due_jobs()
    [(recipients, mail)] = mailbox.mails
    assert recipients == ["owner@mail.example" if known == "phone" else "grace@mail.example"]
    assert mail["Subject"] == "You are registered with Riverside Clinic already"
    assert "Grace" not in part(mail, "plain")


def headers(response, but: set[str]) -> dict:
    return {name: value for name, value in response.headers.items() if name not in but}


def test_other_faults_are_told_where_it_is_concealed(api, settings):
    settings.DUPLICATE_REGISTRATION = "conceal"
    PatientFactory(email="grace@mail.example")

    response = api().post(URL, sent(address=address(zip="1")), format="json")

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"address.zip"}
    assert not Notification.objects.exists()


@pytest.mark.parametrize("known", [True, False])
def test_where_it_is_concealed_a_password_is_hashed_for_each(api, settings, monkeypatch, known):
    """What takes nearly all of the time; `benchmarks/concealment.py` measures the whole."""
    settings.DUPLICATE_REGISTRATION = "conceal"
    if known:
        PatientFactory(email="grace@mail.example")
    hashed = []
    encode = BCryptHasher.encode
    monkeypatch.setattr(BCryptHasher, "encode", lambda *args: hashed.append(1) or encode(*args))

    assert api().post(URL, sent(), format="json").status_code == 201

    assert len(hashed) == 1
