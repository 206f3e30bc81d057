from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.functional import SimpleLazyObject

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
        "whose": SimpleLazyObject(lambda: whose_drafts(request)),
    }


def whose_drafts(request: HttpRequest) -> str:
    """A mark of the account that is signed in, and of the patient whose page it is, which tells
    nothing of either; empty for nobody."""
    key = getattr(getattr(request, "user", None), "pk", None)
    patient = getattr(getattr(request, "acts_for", None), "pk", "")
    return salted_hmac("clinic.drafts", f"{key}{patient}").hexdigest()[:16] if key else ""
