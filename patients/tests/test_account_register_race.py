"""Registrations at once, and registrations with what is known already, where that is concealed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from accounts.models import User
from clinic.models import Notification
from patients.models import Patient
from patients.tests.accounts import URL, address, sent
from patients.tests.factories import PatientFactory

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


def test_other_faults_are_told_where_it_is_concealed(api, settings):
    settings.DUPLICATE_REGISTRATION = "conceal"
    PatientFactory(email="grace@mail.example")

    response = api().post(URL, sent(address=address(zip="1")), format="json")

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"address.zip"}
    assert not Notification.objects.exists()
