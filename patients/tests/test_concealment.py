"""Where the clinic conceals whom it knows: what everybody is told who registers or applies."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from accounts.security.hashers import BCryptHasher
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from clinic.tests.problems import V1
from doctors.models import Doctor
from doctors.tests import applications
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests import accounts, registration
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

KNOWN, NEW = ("known@mail.example", "+4930901820"), ("fresh@mail.example", "+4930901877")


def page(email: str, phone: str) -> list[bytes]:
    client = Client()
    answer = client.post(registration.URL, registration.filled_in(email=email, phone=phone))
    return [*told(answer), *answer.cookies, client.get(answer["Location"]).content]


def full(email: str, phone: str) -> list[bytes]:
    body = accounts.sent(email=email, phone_number=phone)
    return told(Client().post(accounts.URL, body, "application/json"))


def short(email: str, phone: str) -> list[bytes]:
    body = {"name": "Eve Snoop", "email": email, "phone": phone, "document_photo": upload()}
    return told(Client().post(f"{V1}/patients", body))


def provider(email: str, phone: str) -> list[bytes]:
    body = applications.APPLICATION | {"email": email, "phone": phone}
    return told(Client().post(applications.URL, body, "application/json"))


def told(answer) -> list:
    ever_new = ("X-Request-ID", "Expires")
    headers = {name: value for name, value in answer.headers.items() if name not in ever_new}
    return [answer.status_code, headers, answer.content]


@pytest.fixture(autouse=True)
def concealing(settings):
    settings.DUPLICATE_REGISTRATION = "conceal"


OWNERS: dict[str, Callable] = {
    "record": lambda: PatientFactory(email=KNOWN[0]),
    "phone": lambda: PatientFactory(email="owner@mail.example", phone=KNOWN[1]),
    "account": lambda: UserFactory(email=KNOWN[0]),
    "doctor": lambda: DoctorFactory(email=KNOWN[0]),
    "patient's account": lambda: PatientFactory(with_account=True, email=KNOWN[0]),
}
WAYS = [
    *((page, owner) for owner in ("record", "phone", "account")),
    *((full, owner) for owner in ("record", "phone", "account")),
    *((short, owner) for owner in ("record", "phone", "patient's account")),
    *((provider, owner) for owner in ("account", "doctor", "patient's account")),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("door", "owner"), WAYS, ids=lambda way: getattr(way, "__name__", way))
def test_whoever_is_known_is_answered_as_anybody_is(door, owner, monkeypatch):
    """Byte for byte, at the same cost (hashing takes nearly all of the time; see
    `benchmarks/concealment.py`), and the owner gets one mail a day."""
    owned = OWNERS[owner]()
    hashed: list[int] = []
    encode = BCryptHasher.encode
    monkeypatch.setattr(BCryptHasher, "encode", lambda *args: hashed.append(1) or encode(*args))

    new = door(*NEW)
    cost, stored = len(hashed), [model.objects.count() for model in (Patient, User, Doctor)]
    known, again = door(*KNOWN), door(*KNOWN)

    assert known == again == [in_known_words(part) for part in new]
    assert new[0] in (201, 302)
    assert len(hashed) == 3 * cost == (0 if door is short else 3)
    assert stored == [model.objects.count() for model in (Patient, User, Doctor)]
    for pk in (each.pk for model in (Patient, Doctor) for each in model.objects.all()):
        assert str(pk) not in str(new)
    [mail] = Notification.objects.filter(event__contains="_repeated:")
    assert mail.recipient == owned.email


def in_known_words(told):
    if not isinstance(told, bytes):
        return told
    for ours, theirs in zip(NEW, KNOWN, strict=True):
        told = told.replace(ours.encode(), theirs.encode())
    return told


@pytest.mark.django_db
@pytest.mark.parametrize("owner", ["account", "doctor"])
def test_other_faults_of_an_application_are_told(api, owner):
    OWNERS[owner]()

    response = applications.apply(api(), email=KNOWN[0], specialization=None, password="x")

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"specialization", "password", "confirm_password"}
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_owner_reads_that_nothing_was_changed(mailbox):
    PatientFactory(with_account=True, email=KNOWN[0], language="de", first_name="Ada")

    for door in (provider, short):
        door(*KNOWN)
    run_due_jobs()

    mails = {mail["Subject"]: mail for to, mail in mailbox.mails if to == [KNOWN[0]]}
    applied = mails.pop("Bewerbung bei Riverside Clinic mit Ihrer Adresse")
    assert len(mails) == 1
    for mail in (applied, *mails.values()):
        for kind in ("plain", "html"):
            assert "Es wurde nichts geändert" in part(mail, kind)
            assert "Ada" not in part(mail, kind)
            assert "Grace" not in part(mail, kind)
