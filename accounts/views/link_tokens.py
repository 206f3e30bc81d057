"""Secrets in the links of our mails.

An address gets logged, kept in a browser's history and shown over a shoulder. So the secret
leaves it at once: the answer to such an address is the same one without the secret, which
travels on in a cookie that only this page gets.
"""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

COOKIE = f"{settings.PAGE_COOKIE_PREFIX}link"
COOKIE_SECONDS = 30 * 60
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


def taken_from_address(request: HttpRequest) -> HttpResponse | None:
    """The way on, where the address bears a token. None where it bears none."""
    if "token" not in request.GET:
        return None
    token = request.GET["token"]
    response = redirect(request.path)
    if not TOKEN.fullmatch(token):
        return forget_token(request, response)
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        path=request.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def token_at_hand(request: HttpRequest) -> str:
    """The token of the link that led here; empty where there is none."""
    token = request.COOKIES.get(COOKIE, "")
    return token if TOKEN.fullmatch(token) else ""


def forget_token(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the browser forget the token: it was used, or is no good."""
    response.delete_cookie(COOKIE, path=request.path, samesite="Lax")
    return response
