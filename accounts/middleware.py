from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from accounts.services.sign_ins import session_user
from clinic.languages import IN_ENGLISH, spoken


class SignInMiddleware(AuthenticationMiddleware):
    """`request.user` is whose session it is, as long as its sign-in is live.

    In the place of Django's own, which would look at the account alone.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user: Any = SimpleLazyObject(partial(session_user, request))
        request.user = user


class OwnLanguageMiddleware:
    """Answers patients who are signed in in their own language, whatever the browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = "" if IN_ENGLISH.match(request.path) else getattr(request.user, "language", "")
        if not language:
            return self.get_response(request)
        with spoken(language):
            return self.get_response(request)
