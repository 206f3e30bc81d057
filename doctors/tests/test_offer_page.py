"""Setting up what a clinic offers, on one page without a script."""

from datetime import time

import pytest

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from clinic.opened import mark_of
from doctors.models import HealthcareService, Location, Resource
from doctors.services.gaps import Offering, find_gaps
from doctors.specializations.examples import BY_FIELD, USUAL
from doctors.specializations.table import FIELDS
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db
PAGE = "/admin/offer/"


def ticked(name: str, **more) -> dict[str, str]:
    figures = {"chosen": "on", "minutes": "30", "after": "0", "price": "", **more}
    return {f"type-{mark_of(name)}-{field}": value for field, value in figures.items()}


def found_gaps() -> list[str]:
    return [gap.sentence for gap in find_gaps(Offering())]


def test_a_clinic_is_set_up_from_the_top_to_the_bottom():
    admin = signed_in(Role.ADMIN)
    heart, skin = DoctorFactory(specialization="Cardiology"), DoctorFactory()
    WorkingHoursFactory(doctor=heart)
    WorkingHoursFactory(doctor=skin)

    admin.post(PAGE, {"step": "places", "name": "Mill Lane", "address": "12 Mill Lane"})
    place = Location.objects.get()
    rooms = {"pool": "Ultrasound", "count": "2", "kind": "equipment", "location": str(place.pk)}
    admin.post(PAGE, {"step": "rooms", **rooms})
    page = admin.get(PAGE)
    echo = next(
        row
        for group in page.context["groups"]
        for row in group.rows
        if row.example.name == "Echocardiogram"
    )
    assert echo.form["takes_room"].value() is True
    types = ticked("Echocardiogram", after="10", price="85", takes_room="on") | ticked("Follow-up")
    made = admin.post(PAGE, {"step": "types", **types})
    admin.post(PAGE, {"step": "hours", heart.pk.hex: str(place.pk)})

    assert said(made) == ["Follow-up, Echocardiogram: added."]
    assert made.headers["Location"] == f"{PAGE}#types"
    service = HealthcareService.objects.get(name="Echocardiogram")
    assert (service.price_text, service.buffer_after_minutes) == ("85.00 EUR", 10)
    assert dict(service.needs.values_list("pool", "count")) == {"Ultrasound": 1}
    assert list(service.doctors.all()) == [heart]
    assert not HealthcareService.objects.get(name="Follow-up").doctors.exists()
    assert heart.working_hours.get().location == place
    assert skin.working_hours.get().location is None
    shown = admin.get(PAGE).content.decode()
    assert mark_of("Echocardiogram") not in shown


def test_one_fault_and_no_type_is_made_with_all_that_was_typed_kept():
    DoctorFactory()

    response = signed_in(Role.ADMIN).post(
        PAGE, {"step": "types", **ticked("First visit"), **ticked("Follow-up", minutes="14")}
    )

    assert not HealthcareService.objects.exists()
    [first, follow_up, *_] = response.context["groups"][0].rows
    assert (first.is_chosen, first.form.errors) == (True, {})
    assert list(follow_up.form.errors) == ["minutes"]


@pytest.mark.parametrize(
    ("typed", "form", "field"),
    [
        ({"step": "places", "name": ""}, "place_form", "name"),
        ({"step": "places", "name": "MILL LANE"}, "place_form", "name"),
        ({"step": "rooms", "pool": "", "count": "1", "kind": "room"}, "rooms_form", "pool"),
        ({"step": "rooms", "pool": "X", "count": "99", "kind": "room"}, "rooms_form", "count"),
    ],
)
def test_a_fault_stands_beside_its_field(typed, form, field):
    LocationFactory(name="Mill Lane")

    response = signed_in(Role.ADMIN).post(PAGE, typed)

    assert list(response.context[form].errors) == [field]


def test_what_was_made_by_mistake_is_removed_and_what_is_in_use_stays():
    admin, place = signed_in(Role.ADMIN), LocationFactory(name="Mill Lane")
    WorkingHoursFactory(location=place)
    service, room = HealthcareServiceFactory(), ResourceFactory()

    for what in (f"type:{service.pk}", f"room:{room.pk}", "type:x", f"user:{room.pk}", ""):
        assert admin.post(PAGE, {"step": "remove", "what": what}).status_code == 302
    refused = admin.post(PAGE, {"step": "remove", "what": f"place:{place.pk}"})

    assert said(refused)[-1].startswith("Mill Lane: ")
    assert not HealthcareService.objects.exists()
    assert not Resource.objects.exists()
    assert Location.objects.get() == place


def test_what_is_missing_or_contradicts_itself_is_said_in_plain_words():
    mill, _ = LocationFactory(name="Mill Lane"), LocationFactory(name="Park")
    doctor = DoctorFactory(first_name="Eva", last_name="Brandt")
    gone = DoctorFactory(is_active=False)
    WorkingHoursFactory(doctor=doctor)
    echo = HealthcareServiceFactory(name="Echo", duration_minutes=30, buffer_after_minutes=10)
    echo.needs.create(pool="Ultrasound")
    HealthcareServiceFactory(name="Chat").service_doctors.create(doctor=gone)
    ResourceFactory(pool="X-ray", location=mill)

    assert found_gaps() == [
        "Echo needs 1 of Ultrasound, and there is none: nobody can book it.",
        "Nobody who takes appointments offers Chat.",
        "Dr Eva Brandt has hours without a place, and Echo needs rooms or equipment: such a visit "
        "is put wherever something is free.",
        "After Echo with Dr Eva Brandt, 20 minutes may be lost until the next visit can begin. "
        "If visits may start every 40 minutes, it is none.",
        "There is X-ray, but no visit type needs it: it is never booked.",
    ]


def test_the_proposed_interval_is_set_in_one_click_and_nothing_is_left_to_say():
    hours = WorkingHoursFactory()
    HealthcareServiceFactory(duration_minutes=30, buffer_after_minutes=10)
    HealthcareServiceFactory(duration_minutes=20)
    admin = signed_in(Role.ADMIN)

    response = admin.post(PAGE, {"step": "interval", "doctor": hours.doctor.pk.hex})

    hours.doctor.refresh_from_db()
    assert hours.doctor.slot_interval_minutes == 20
    assert said(response)[0].endswith("every 20 minutes now (before: none).")
    assert found_gaps() == []
    assert "Nothing is missing" in admin.get(PAGE).content.decode()


def test_a_type_that_no_hours_are_open_to_is_named():
    hours = WorkingHoursFactory(starts=time(9), ends=time(12))
    only, other = HealthcareServiceFactory(name="Only"), HealthcareServiceFactory(name="Other")
    hours.services.add(only)

    assert found_gaps() == ["No working hours of those who offer Other are open to it."]
    other.service_locations.create(location=LocationFactory(name="Park"))
    hours.services.add(other)
    assert found_gaps() == []


@pytest.mark.parametrize("number", [1, 5])
def test_the_page_takes_a_fixed_number_of_queries(number, django_assert_num_queries):
    for _ in range(number):
        service = HealthcareServiceFactory()
        service.service_doctors.create(
            doctor=WorkingHoursFactory(location=LocationFactory()).doctor
        )
        service.needs.create(pool="Ultrasound")
        ResourceFactory()
    admin = signed_in(Role.ADMIN)

    with django_assert_num_queries(18):
        admin.get(PAGE)


def test_only_who_sets_the_clinic_up_opens_it():
    assert signed_in(Role.RECEPTIONIST).get(PAGE).status_code == 403


def test_examples_are_of_known_fields_and_differ_in_name():
    names = [one.name for one in (*USUAL, *(one for those in BY_FIELD.values() for one in those))]

    assert set(BY_FIELD) <= {field.code for field in FIELDS}
    assert len(set(names)) == len(names)
    for one in (*USUAL, *(one for those in BY_FIELD.values() for one in those)):
        HealthcareService(
            name=one.name, duration_minutes=one.minutes, buffer_after_minutes=one.after
        ).full_clean()
