from functools import partial

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.services.sign_ins import session_user


class SignInMiddleware(AuthenticationMiddleware):
    """`request.user` is whose session it is, as long as its sign-in is live.

    In the place of Django's own, which would look at the account alone.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(session_user, request))
