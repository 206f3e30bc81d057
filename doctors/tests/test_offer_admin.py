"""Visit types and places in the console: what is kept, what is refused, and who reads it."""

import pytest

from accounts.roles import Role
from accounts.tests.console import faults, opened, said, signed_in
from doctors.forms.visit_types import (
    TICK_TOO,
    doctor_name,
    minutes_name,
    place_name,
    pool_name,
)
from doctors.models import HealthcareService, Location
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)

pytestmark = pytest.mark.django_db
TYPES = "/admin/doctors/healthcareservice/"
TYPED = {
    "name": "Ultrasound",
    "duration_minutes": "30",
    "buffer_before_minutes": "0",
    "buffer_after_minutes": "10",
    "price_amount": "45.50",
    "price_currency": "EUR",
    "is_active": "on",
    "for_new_patients": "any",
}


def kept(service: HealthcareService) -> dict:
    return {
        "with": dict(service.service_doctors.values_list("doctor", "duration_minutes")),
        "at": list(service.locations.values_list("pk", flat=True)),
        "needs": dict(service.needs.values_list("pool", "count")),
    }


def test_a_visit_type_is_added_with_whom_where_and_what_it_needs():
    doctor, other = DoctorFactory(), DoctorFactory()
    place = LocationFactory()
    ResourceFactory(pool="Ultrasound")
    admin = signed_in(Role.ADMIN)
    ticked = {
        doctor_name(doctor): "on",
        minutes_name(doctor): "45",
        doctor_name(other): "on",
        place_name(place): "on",
        pool_name("Ultrasound"): "1",
    }

    response = admin.post(f"{TYPES}add/", TYPED | ticked)

    service = HealthcareService.objects.get()
    assert said(response) == [f'<a href="{TYPES}{service.pk}/change/">Ultrasound</a> is added.']
    assert kept(service) == {
        "with": {doctor.pk: 45, other.pk: None},
        "at": [place.pk],
        "needs": {"Ultrasound": 1},
    }
    assert service.price_text == "45.50 EUR"
    row = admin.get(TYPES).content.decode()
    assert "10 after" in row
    assert "45.50 EUR" in row


def test_nobody_types_the_usual_currency(settings):
    settings.CLINIC_CURRENCY = "CHF"
    admin = signed_in(Role.ADMIN)
    form = admin.get(f"{TYPES}add/").context["adminform"].form

    assert form["price_currency"].value() == "CHF"
    admin.post(f"{TYPES}add/", TYPED | {"price_currency": "", "name": "Priced"})
    admin.post(f"{TYPES}add/", TYPED | {"price_currency": "CHF", "price_amount": "", "name": "Not"})
    assert dict(HealthcareService.objects.values_list("name", "price_currency")) == {
        "Priced": "CHF",
        "Not": "",
    }


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"price_amount": "-1"}, "price_amount"),
        ({"price_amount": "1.005"}, "price_amount"),
        ({"price_amount": "4.50", "price_currency": "JPY"}, "price_amount"),
        ({"price_currency": "EUX"}, "price_currency"),
        ({"buffer_after_minutes": "61"}, "buffer_after_minutes"),
        ({"duration_minutes": "175"}, "duration_minutes"),
        ({"duration_minutes": "14"}, "duration_minutes"),
        ({"name": "check-up"}, "name"),
    ],
)
def test_a_fault_stands_beside_its_field_and_nothing_is_saved(typed, field):
    HealthcareServiceFactory(name="Check-up")

    response = signed_in(Role.ADMIN).post(f"{TYPES}add/", TYPED | typed)

    assert list(faults(response)) == [field]
    assert HealthcareService.objects.count() == 1


def test_a_length_of_a_doctor_who_is_not_ticked_is_asked_about():
    doctor, _ = DoctorFactory(), DoctorFactory()

    response = signed_in(Role.ADMIN).post(f"{TYPES}add/", TYPED | {minutes_name(doctor): "45"})

    assert faults(response) == {minutes_name(doctor): [TICK_TOO]}
    assert TICK_TOO in response.content.decode()


def test_of_two_who_tick_different_doctors_both_keep_theirs():
    service, mine, yours = HealthcareServiceFactory(), DoctorFactory(), DoctorFactory()
    page, admin = f"{TYPES}{service.pk}/change/", signed_in(Role.ADMIN)
    typed = TYPED | {"price_amount": "", "buffer_after_minutes": "0", "name": service.name}
    first, second = opened(admin, page), opened(admin, page)

    admin.post(page, typed | first | {doctor_name(mine): "on"})
    response = admin.post(page, typed | second | {doctor_name(yours): "on"})

    assert response.status_code == 302
    assert kept(service)["with"] == {mine.pk: None, yours.pk: None}


def test_without_places_rooms_and_colleagues_there_is_nothing_to_choose():
    DoctorFactory()

    page = signed_in(Role.ADMIN).get(f"{TYPES}add/").content.decode()

    assert 'class="module choices"' not in page


def test_a_type_made_by_mistake_is_deleted():
    service = HealthcareServiceFactory()

    signed_in(Role.ADMIN).post(f"{TYPES}{service.pk}/delete/", {"post": "yes"})

    assert not HealthcareService.objects.exists()


def test_a_place_is_kept_with_where_it_is_on_a_map():
    typed = {"name": "Mill Lane", "address": "12 Mill Lane", "is_active": "on"}
    admin = signed_in(Role.ADMIN)

    half = admin.post("/admin/doctors/location/add/", typed | {"latitude": "52.5"})
    admin.post("/admin/doctors/location/add/", typed | {"latitude": "52.5", "longitude": "13.4"})

    assert list(faults(half)) == ["longitude"]
    place = Location.objects.get()
    assert (place.name, str(place.longitude)) == ("Mill Lane", "13.400000")


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_other_staff_read_what_is_offered_once_there_is_something(role):
    client = signed_in(role)
    service = HealthcareServiceFactory(name="Ear wash")
    service.service_doctors.create(doctor=DoctorFactory(last_name="Brandt"), duration_minutes=50)
    page = client.get(f"{TYPES}{service.pk}/change/").content.decode()

    assert "Brandt (50 min)" in page
    assert 'name="_save"' not in page
    assert client.get(f"{TYPES}add/").status_code == 403
    assert "Visit types" in client.get("/admin/account/").content.decode()


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_the_menu_of_others_has_nothing_of_it_where_nothing_is_set_up(role):
    assert "Visit types" not in signed_in(role).get("/admin/account/").content.decode()
