from django.conf import settings
from django.http import HttpRequest

from clinic import languages


def clinic(request: HttpRequest) -> dict:
    """What every page says about the clinic, and the languages in which it can be read."""
    return {
        "clinic": {
            "name": settings.CLINIC_NAME,
            "email": settings.CLINIC_EMAIL,
            "phone": settings.CLINIC_PHONE,
            "address": settings.CLINIC_ADDRESS,
            "time_zone": settings.CLINIC_TIME_ZONE,
        },
        "language": languages.current(),
        "languages": languages.choices(),
    }
