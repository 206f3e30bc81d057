"""The choice of a language, as the browser remembers it."""

from django.conf import settings
from django.http import HttpResponse

# The name of the switch's buttons where they send a form's own fields along.
SWITCH = "switch_to"


def remember_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )
    return response
