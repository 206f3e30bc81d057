from datetime import time

import factory

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from doctors.models import Doctor, HealthcareService, Location, Resource, WorkingHours
from doctors.specializations import code_of


class DoctorFactory(factory.django.DjangoModelFactory):
    """An active doctor without an account. `DoctorFactory(with_account=True)` has one."""

    class Meta:
        model = Doctor

    class Params:
        with_account = factory.Trait(
            user=factory.SubFactory(
                UserFactory, role=Role.DOCTOR, email=factory.SelfAttribute("..email")
            )
        )

    first_name = "Maria"
    last_name = factory.Sequence(lambda n: f"Keller{n}")
    email = factory.Sequence(lambda n: f"doctor{n}@clinic.example")
    phone = "+493012345678"
    specialization = "General practice"
    specialization_code = factory.LazyAttribute(lambda doctor: code_of(doctor.specialization))
    license_number = factory.Sequence(lambda n: f"LIC-{n:05d}")


class WorkingHoursFactory(factory.django.DjangoModelFactory):
    """From nine to five on Mondays, on the clinic's clocks."""

    class Meta:
        model = WorkingHours

    doctor = factory.SubFactory(DoctorFactory)
    weekday = 0
    starts = time(9)
    ends = time(17)


class LocationFactory(factory.django.DjangoModelFactory):
    """A place in use."""

    class Meta:
        model = Location

    name = factory.Sequence(lambda n: f"Mill Lane {n}")


class HealthcareServiceFactory(factory.django.DjangoModelFactory):
    """A visit type of half an hour that everybody offers everywhere, to anybody, online."""

    class Meta:
        model = HealthcareService

    name = factory.Sequence(lambda n: f"Check-up {n}")
    duration_minutes = 30


class ResourceFactory(factory.django.DjangoModelFactory):
    """An ultrasound device that can be had at every place."""

    class Meta:
        model = Resource

    name = factory.Sequence(lambda n: f"Ultrasound {n}")
    kind = Resource.Kind.EQUIPMENT
    pool = "Ultrasound"
