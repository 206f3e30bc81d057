from django.conf import settings
from django.http import HttpRequest


def clinic(request: HttpRequest) -> dict:
    """What every page says about the clinic: its name and how to reach it."""
    return {
        "clinic": {
            "name": settings.CLINIC_NAME,
            "email": settings.CLINIC_EMAIL,
            "phone": settings.CLINIC_PHONE,
            "address": settings.CLINIC_ADDRESS,
            "time_zone": settings.CLINIC_TIME_ZONE,
        }
    }
