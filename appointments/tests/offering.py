"""What a clinic offers, and where, for tests: written straight into the tables."""

from decimal import Decimal

from doctors.models import HealthcareService, Location


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
