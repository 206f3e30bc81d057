"""Somebody registers who is on record, and forgot: the page leads on to signing in."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.registration import DONE, URL, filled_in
from patients.tests.relations import guardian

pytestmark = pytest.mark.django_db
EMAIL, PHONE = "known@mail.example", "+4930901820"
OWNERS = {
    "account by address": lambda: PatientFactory(with_account=True, email=EMAIL),
    "account by phone": lambda: PatientFactory(with_account=True, phone=PHONE),
    "record by address": lambda: PatientFactory(email=EMAIL, phone=""),
    "record by phone": lambda: PatientFactory(email="", phone=PHONE),
    "member of staff": lambda: UserFactory(email=EMAIL),
}
WAYS = [reverse(name) for name in ("accounts:sign_in", "accounts:request_reset", "patients:ask")]


def ways_on(page: str) -> list[str]:
    return [way for way in WAYS if f'<a href="{way}">' in page.split("Registered already?")[-1]]


@pytest.mark.parametrize("owner", OWNERS)
def test_who_is_known_is_led_on(owner):
    OWNERS[owner]()
    known = Patient.objects.count()
    page = Client().post(URL, filled_in(email=EMAIL, phone=PHONE)).content.decode()
    assert "Registered already?" in page
    assert ways_on(page) == WAYS
    assert 'value="Grace"' in page  # What was typed stays.
    assert Patient.objects.count() == known


@pytest.mark.parametrize("owner", [None, *OWNERS])
def test_where_it_is_concealed_everybody_is_told_the_ways(owner, settings):
    settings.DUPLICATE_REGISTRATION, settings.CLINIC_PHONE = "conceal", "+4930901820"
    if owner:
        OWNERS[owner]()
    client = Client()
    answer = client.post(URL, filled_in(email=EMAIL, phone=PHONE))
    assert answer["Location"] == DONE
    page = client.get(DONE).content.decode()
    assert ways_on(page) == WAYS
    # Somebody on record without an address gets no mail at all.
    assert "If none comes at all" in page
    assert page.count('href="tel:+4930901820"') >= 2
    assert "" not in Notification.objects.values_list("recipient", flat=True)


def test_other_faults_tell_nothing_of_that():
    page = Client().post(URL, filled_in(email="not an address")).content.decode()
    assert "Registered already?" not in page


def test_who_is_signed_in_is_led_to_register_a_child():
    assert reverse("patients:add_person") in signed_in(guardian().user).get(URL).content.decode()
    assert reverse("patients:add_person") not in Client().get(URL).content.decode()
