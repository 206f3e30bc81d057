"""The console's page of the calendars that doctors subscribe to."""

import re

import pytest

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import CalendarFeed
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

URL = "/admin/appointments/calendarfeed/"


def address_in(page) -> str:
    return re.search(r'value="http://127\.0\.0\.1:8000([^"]+)"', page.content.decode())[1]


def test_a_doctor_makes_renews_and_revokes_the_own_address(client, api):
    doctor, other = DoctorFactory(with_account=True), DoctorFactory()
    client.force_login(doctor.user)
    page = client.get(URL)
    assert str(doctor) in page.content.decode()
    assert str(other) not in page.content.decode()

    made = client.post(f"{URL}{doctor.pk}/renew/")

    assert "no-store" in made["Cache-Control"]
    address = address_in(made)
    assert api().get(address).status_code == 200
    assert "token=" not in client.get(URL).content.decode()

    renewed = address_in(client.post(f"{URL}{doctor.pk}/renew/"))
    assert [api().get(one).status_code for one in (address, renewed)] == [404, 200]

    revoked = client.post(f"{URL}{doctor.pk}/revoke/", follow=True)
    assert "works no more" in revoked.content.decode()
    assert api().get(renewed).status_code == 404


def test_an_admin_manages_the_calendars_of_all(client):
    active, former = DoctorFactory(), DoctorFactory(is_active=False)
    client.force_login(UserFactory(role=Role.ADMIN))

    client.post(f"{URL}{active.pk}/renew/")

    assert CalendarFeed.objects.get().doctor == active
    page = client.get(URL).content.decode()
    assert str(active) in page
    assert str(former) not in page


def test_nobody_else_does(client):
    doctor = DoctorFactory(with_account=True)
    for user, status in ((UserFactory(), 403), (DoctorFactory(with_account=True).user, 404)):
        client.force_login(user)
        assert client.post(f"{URL}{doctor.pk}/renew/").status_code == status
        assert client.post(f"{URL}{doctor.pk}/revoke/").status_code == status
    assert not CalendarFeed.objects.exists()


def test_the_number_of_queries_does_not_grow(client, django_assert_max_num_queries):
    client.force_login(UserFactory(role=Role.ADMIN))
    DoctorFactory.create_batch(12)

    with django_assert_max_num_queries(6):
        client.get(URL)
