"""The languages of the pages and mails that patients get.

The API and the staff console speak English, whatever a browser asks for.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

# Doors of programs and of staff.
IN_ENGLISH = re.compile(
    r"/(?:api|admin|docs|redoc|openapi\.json|health|livez|readyz|metrics)(?:/|\Z)"
)


def own() -> str:
    """The clinic's own language: of patients of whom no other one is known."""
    return settings.LANGUAGES[0][0]


def choices() -> list[tuple[str, str]]:
    """The languages to choose from, each with its own name for itself."""
    return list(settings.LANGUAGES)


def is_known(language: str) -> bool:
    return language in dict(settings.LANGUAGES)


def current() -> str:
    """The language that is spoken right now, as `settings.LANGUAGES` calls it."""
    return translation.get_supported_language_variant(translation.get_language() or "en")


def spoken(language: str) -> AbstractContextManager[None]:
    """While this lasts, sentences and dates are in this language.

    Of English, it is the variety that `LANGUAGE_CODE` names.
    """
    known = language if is_known(language) else own()
    english = settings.LANGUAGE_CODE
    return translation.override(english if english.startswith(known) else known)


def wanted(request: HttpRequest) -> str:
    """The language that was chosen in this browser, or else the first of those that it asks for
    which the clinic has."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if is_known(chosen):
        return chosen
    for asked, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            return own() if asked == "*" else translation.get_supported_language_variant(asked)
        except LookupError:
            continue
    return own()


class LanguageMiddleware:
    """Answers every page in the language that its reader wants (see `wanted`).

    Outside of all that may refuse a request. That of a patient who is signed in is known later:
    see `accounts.middleware.OwnLanguageMiddleware`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if IN_ENGLISH.match(request.path):
            with translation.override(settings.LANGUAGE_CODE):
                return self.get_response(request)
        with spoken(wanted(request)):
            response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
