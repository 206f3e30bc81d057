"""What a clinic offers, and where, for tests: written straight into the tables."""

from decimal import Decimal

from appointments.tests.pages import working_doctor
from doctors.models import Doctor, HealthcareService, Location, ServiceDoctor, WorkingHours


def mill_lane(**fields) -> Location:
    """A place whose spot on the map is known."""
    return Location.objects.create(
        **{
            "name": "Mill Lane House",
            "address": "12 Mill Lane; left\n10115 Berlin, second floor",
            "latitude": Decimal("52.520008"),
            "longitude": Decimal("13.404954"),
            **fields,
        }
    )


def ultrasound(**fields) -> HealthcareService:
    """Forty minutes, with ten kept free after them, for 45 euros."""
    return HealthcareService.objects.create(
        **{
            "name": "Ultrasound",
            "description": "Please drink a litre of water before.",
            "duration_minutes": 40,
            "buffer_after_minutes": 10,
            "price_amount": Decimal(45),
            "price_currency": "EUR",
            **fields,
        }
    )


def offer(service: HealthcareService, *doctors: Doctor, minutes: int | None = None) -> None:
    """Name these as who offers the type, with a length of their own where one is given."""
    for doctor in doctors:
        ServiceDoctor.objects.create(service=service, doctor=doctor, duration_minutes=minutes)


def doctor_at(place: Location | None, spans=((9, 12), (13, 15)), **fields) -> Doctor:
    """A doctor who sees patients there every day."""
    doctor = working_doctor(spans, **fields)
    WorkingHours.objects.filter(doctor=doctor).update(location=place)
    return doctor
