"""The services behind visit types, places and rooms: what they refuse, what they leave."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from appointments.models import WaitlistEntry
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.errors import IN_USE, NotAllowed
from clinic.money import Price
from doctors import services
from doctors.models import (
    ExtraHours,
    HealthcareService,
    HoursService,
    Location,
    Resource,
    ResourceOutage,
    ServiceDoctor,
    ServiceLocation,
    ServiceNeed,
)
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
    WorkingHoursFactory,
)
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
UNKNOWN = "01938f4e-7c00-7000-8000-000000000099"


@pytest.fixture
def admin():
    return UserFactory(role=Role.ADMIN)


def refused(save, *args, **kwargs) -> set[str]:
    """The fields to which the service keys what is wrong."""
    with pytest.raises(ValidationError) as caught:
        save(*args, **kwargs)
    return set(caught.value.error_dict)


def lists_of(service) -> tuple:
    service = HealthcareService.objects.get(pk=service.pk)
    return (
        dict(service.service_doctors.values_list("doctor_id", "duration_minutes")),
        set(service.locations.all()),
        dict(service.needs.values_list("pool", "count")),
    )


def test_a_visit_type_is_saved_with_its_lists_and_each_is_changed_by_itself(admin):
    doctor, other, place = DoctorFactory(), DoctorFactory(), LocationFactory()
    service = services.save_service(
        HealthcareService(name="Scan", duration_minutes=40, price=Price(Decimal("45.5"), "EUR")),
        admin,
        doctors={doctor.pk: 60, other.pk: None},
        locations=[place.pk],
        needs={"Ultrasound": 1, "Room": 2},
    )
    kept = set(ServiceDoctor.objects.values_list("pk", "doctor_id"))

    stored = HealthcareService.objects.get()
    assert stored.price_text == "45.50 EUR"
    expected = {doctor.pk: 60, other.pk: None}
    assert lists_of(service) == (expected, {place}, {"Ultrasound": 1, "Room": 2})

    one, two = (HealthcareService.objects.get(pk=service.pk) for _ in range(2))
    services.save_service(one, admin, needs={"Ultrasound": 2})
    services.save_service(two, admin, doctors={doctor.pk: 45, other.pk: None}, locations=[])

    expected = {doctor.pk: 45, other.pk: None}
    assert lists_of(service) == (expected, set(), {"Ultrasound": 2})
    assert set(ServiceDoctor.objects.values_list("pk", "doctor_id")) == kept
    moved = HealthcareService.objects.get().updated_at
    assert moved > stored.updated_at
    services.save_service(HealthcareService.objects.get(), admin, needs={"ULTRASOUND": 2})
    assert HealthcareService.objects.get().updated_at == moved


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"duration_minutes": 14}, {"duration_minutes"}),
        ({"duration_minutes": 181}, {"duration_minutes"}),
        ({"duration_minutes": 180, "buffer_after_minutes": 1}, {"duration_minutes"}),
        ({"buffer_before_minutes": 61}, {"buffer_before_minutes"}),
        ({"price": Price(Decimal(-1), "EUR")}, {"price_amount"}),
        ({"price": Price(Decimal("1.001"), "EUR")}, {"price_amount"}),
        ({"price": Price(Decimal("100.5"), "JPY")}, {"price_amount"}),
        ({"price": Price(Decimal(1), "EUX")}, {"price_currency"}),
        ({"price_amount": Decimal(1)}, {"price_currency"}),
        ({"name": "check-UP"}, {"name"}),
        ({"code": "us-1"}, {"code"}),
        ({"name": "A\0B", "description": "A\x1bB"}, {"name", "description"}),
        ({"for_new_patients": "some"}, {"for_new_patients"}),
    ],
)
def test_a_visit_type_that_makes_no_sense_is_not_saved(admin, values, fields):
    HealthcareServiceFactory(name="Check-up", code="US-1")
    service = HealthcareService(**{"name": "Scan", "duration_minutes": 30, **values})

    assert refused(services.save_service, service, admin) == fields

    assert HealthcareService.objects.count() == 1


@pytest.mark.parametrize(
    ("lists", "fields"),
    [
        ({"doctors": {UNKNOWN: None}, "locations": [UNKNOWN]}, {"doctors", "locations"}),
        ({"doctors": "14"}, {"lengths"}),
        ({"doctors": "161"}, {"lengths"}),
        ({"needs": {"Room": 0}}, {"needs"}),
        ({"needs": {"Room": 6}}, {"needs"}),
        ({"needs": {"": 1}}, {"needs"}),
        ({"needs": {"Ro\0om": 1}}, {"needs"}),
        ({"needs": {"Room": 1, "room": 1}}, {"needs"}),
    ],
)
def test_lists_that_make_no_sense_are_not_saved(admin, lists, fields):
    if isinstance(minutes := lists.get("doctors"), str):
        lists = {"doctors": {DoctorFactory().pk: int(minutes)}}
    service = HealthcareServiceFactory(buffer_before_minutes=15, buffer_after_minutes=5)

    assert refused(services.save_service, service, admin, **lists) == fields

    assert lists_of(service) == ({}, set(), {})


def test_buffers_count_with_a_length_that_a_doctor_has_already(admin):
    service = HealthcareServiceFactory()
    services.save_service(service, admin, doctors={DoctorFactory().pk: 150})
    service.buffer_after_minutes = 31

    assert refused(services.save_service, service, admin) == {"lengths"}


def test_places_and_rooms_are_named_once_and_whole(admin):
    LocationFactory(name="Mill Lane")
    room = ResourceFactory(name="Room 1")
    elsewhere = Resource(name="ROOM 1", pool="Room", location=LocationFactory())

    place = Location(name="MILL lane", latitude=Decimal("52.5"), phone="12")
    assert refused(services.save_location, place, admin) == {"name", "longitude", "phone"}
    place.longitude, place.phone = Decimal("181"), ""
    assert refused(services.save_location, place, admin) == {"name", "longitude"}
    assert refused(services.save_resource, Resource(name="room 1", pool="X"), admin) == {"name"}
    assert refused(services.save_resource, Resource(name="", pool="", kind="car"), admin) == {
        "name", "pool", "kind"
    }  # fmt: skip
    services.save_resource(elsewhere, admin)
    assert set(Resource.objects.all()) == {room, elsewhere}


def test_a_place_where_doctors_have_hours_stays_in_use(admin):
    place, day = LocationFactory(), localdate()
    gone = DoctorFactory(is_active=False)
    WorkingHoursFactory(location=place, doctor=gone)
    WorkingHoursFactory(location=place, valid_until=day - timedelta(days=1))
    place.is_active = False
    for hours in (
        WorkingHoursFactory(location=place, valid_until=day),
        ExtraHours.objects.create(
            doctor=DoctorFactory(),
            location=place,
            starts_at=next_monday(9),
            ends_at=next_monday(10),
        ),
    ):
        with pytest.raises(ValidationError) as caught:
            services.save_location(place, admin)
        assert [one.code for one in caught.value.error_dict["is_active"]] == [IN_USE]
        hours.delete()

    services.save_location(place, admin)
    assert not Location.objects.get().is_active


def test_a_pool_is_spelled_in_one_way(admin):
    service = services.save_service(
        HealthcareServiceFactory.build(), admin, needs={"ultrasound": 2}
    )
    assert "there are 0 in use" in services.unmet_needs(service)[0]

    first = services.save_resource(Resource(name="A", pool="ULTRAsound"), admin)
    second = services.save_resource(Resource(name="B", pool="Ultrasound"), admin)

    assert {first.pool, second.pool} == {"ultrasound"}
    assert services.unmet_needs(service) == []
    second.pool = "Ultrasound"
    services.save_resource(second, admin)
    assert set(Resource.objects.values_list("pool", flat=True)) == {"Ultrasound"}
    assert ServiceNeed.objects.get().pool == "Ultrasound"
    other = services.save_service(
        HealthcareServiceFactory.build(), admin, needs={"ultraSOUND": 3, "Bath": 1}
    )
    assert len(services.unmet_needs(other)) == 2
    assert other.needs.get(count=3).pool == "Ultrasound"


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR, Role.PATIENT])
def test_only_administrators_set_the_clinic_up(role):
    user = UserFactory(role=role)
    records = [
        (HealthcareServiceFactory, services.save_service, services.remove_service),
        (LocationFactory, services.save_location, services.remove_location),
        (ResourceFactory, services.save_resource, services.remove_resource),
    ]
    for factory, save, remove in records:
        for act, record in ((save, factory.build()), (save, factory()), (remove, factory())):
            with pytest.raises(NotAllowed):
                act(record, user)


def waits_for(**what):
    day = next_monday(9).date()
    return WaitlistEntry.objects.create(
        patient=PatientFactory(), doctor=DoctorFactory(), from_date=day, to_date=day, **what
    )


REFERENCES = {
    "visit of a type": lambda r: AppointmentFactory(service=r["service"]),
    "visit at a place": lambda r: AppointmentFactory(location=r["location"]),
    "hours of a type": lambda r: HoursService.objects.create(
        service=r["service"], hours=WorkingHoursFactory()
    ),
    "hours at a place": lambda r: WorkingHoursFactory(location=r["location"]),
    "a room at a place": lambda r: ResourceFactory(location=r["location"]),
    "a type at a place": lambda r: ServiceLocation.objects.create(
        service=HealthcareServiceFactory(), location=r["location"]
    ),
    "who waits for a type": lambda r: waits_for(service=r["service"]),
    "who waits for a place": lambda r: waits_for(location=r["location"]),
}


@pytest.mark.parametrize("refer", REFERENCES.values(), ids=REFERENCES)
def test_what_something_refers_to_is_not_deleted(admin, refer):
    records = {"service": HealthcareServiceFactory(), "location": LocationFactory()}
    refer(records)

    codes = []
    for name, remove in (("service", "remove_service"), ("location", "remove_location")):
        try:
            getattr(services, remove)(records[name], admin)
        except ValidationError as error:
            codes.append(error.code)
    assert codes == [IN_USE]


def test_what_nothing_refers_to_goes_with_its_parts(admin):
    service, room = HealthcareServiceFactory(), ResourceFactory()
    services.save_service(
        service, admin, doctors={DoctorFactory().pk: None}, locations=[], needs={"Bath": 1}
    )
    starts_at = next_monday(9)
    outage = ResourceOutage(
        resource=room, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
    )
    services.add_outage(outage, UserFactory())

    services.remove_service(service, admin)
    services.remove_resource(room, admin)

    assert not ServiceNeed.objects.exists()
    assert not ResourceOutage.objects.exists()


def test_the_only_doctor_of_a_visit_type_is_not_deleted(admin):
    doctor, other = DoctorFactory(), DoctorFactory()
    service = HealthcareServiceFactory()
    services.save_service(service, admin, doctors={doctor.pk: None})

    with pytest.raises(ValidationError) as caught:
        services.delete(doctor, admin)

    assert caught.value.code == IN_USE
    services.save_service(service, admin, doctors={doctor.pk: None, other.pk: None})
    services.delete(doctor, admin)
    assert set(lists_of(service)[0]) == {other.pk}
