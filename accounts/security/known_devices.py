"""Browsers in which somebody has signed in before: what strangers get wrong doesn't lock them out.

A cookie bears, for each account, a random key and its signature for that account's address. It
opens nothing; it only says whose failures are counted (OWASP: "device cookies").
"""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

LASTS = 180 * 24 * 3600  # Seconds from the last sign-in on.
ACCOUNTS = 5  # Of one browser: families share them.
KEY_BYTES = 9


def device_of(request: HttpRequest, account: str) -> str:
    """The key of this browser for the account of this address in its one form; "" where nobody
    has signed in with it here. It asks no row, and so takes as long for any address."""
    for key, signature in entries(request):
        if constant_time_compare(signature, signed(key, account)):
            return key
    return ""


def entries(request: HttpRequest) -> list[tuple[str, str]]:
    parts = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "").split(".")[:ACCOUNTS]
    return [(key, signature) for key, _, signature in (part.partition(":") for part in parts)]


def signed(key: str, account: str) -> str:
    return salted_hmac("accounts.known_device", f"{key} {account}", algorithm="sha256").hexdigest()


def remember_device(request: HttpRequest, account: str) -> None:
    """Somebody has signed in here: the answer to this request tells the browser so."""
    known = device_of(request, account)
    others = [entry for entry in entries(request) if entry[0] != known and all(entry)]
    key = known or secrets.token_urlsafe(KEY_BYTES)
    kept = [(key, signed(key, account)), *others][:ACCOUNTS]
    value = ".".join(f"{one}:{signature}" for one, signature in kept)
    request.device_cookie = value  # type: ignore[attr-defined]


def tell_browser(request: HttpRequest, response: HttpResponse) -> None:
    if value := getattr(request, "device_cookie", ""):
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            value,
            max_age=LASTS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
