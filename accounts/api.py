from dataclasses import asdict

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import (
    AccountSerializer,
    LoginSerializer,
    RefreshSerializer,
    TokenPairSerializer,
)
from accounts.services import sign_ins
from clinic.api.parsers import StrictFormParser, StrictJSONParser
from clinic.api.views import ClinicViewSet
from clinic.limits import seconds_to_wait


class AuthViewSet(ClinicViewSet):
    """Signing in, and who is signed in."""

    anonymous_actions = frozenset({"login", "refresh", "logout"})
    permissions = {"login": "", "refresh": "", "logout": "", "me": ""}
    parsers = {"login": [StrictJSONParser, StrictFormParser]}
    serializer_class = AccountSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever logs in has no token yet, or an old one; OAuth2 clients may send Basic."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    @extend_schema(request=LoginSerializer, responses=TokenPairSerializer, auth=[])
    def login(self, request: Request) -> Response:
        """Exchange an e-mail address and a password for tokens (OAuth2 password grant)."""
        if wait := seconds_to_wait(request, "login"):
            raise Throttled(wait)
        given = self.read(LoginSerializer, request.data)
        user = authenticate(request, username=given["username"], password=given["password"])
        if user is None:
            raise AuthenticationFailed("Wrong e-mail or password.", "invalid_credentials")
        return self.pair(sign_ins.begin_by_api(user, **sign_ins.device(request)))

    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer, auth=[])
    def refresh(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair. The old one is dead; using it again ends all
        tokens of its sign-in."""
        if wait := seconds_to_wait(request, "refresh"):
            raise Throttled(wait)
        given = self.read(RefreshSerializer, request.data)
        return self.pair(sign_ins.refresh(given["refresh_token"]))

    @extend_schema(request=RefreshSerializer, responses={204: None}, auth=[])
    def logout(self, request: Request) -> Response:
        """End the sign-in of this refresh token, with all its tokens."""
        given = self.read(RefreshSerializer, request.data)
        sign_ins.sign_out(given["refresh_token"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    def pair(self, pair: sign_ins.TokenPair) -> Response:
        return Response(asdict(pair), headers={"Cache-Control": "no-store"})

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, sign_ins.NotLive):
            exc = AuthenticationFailed("This refresh token is not valid.", "not_authenticated")
        return super().handle_exception(exc)

    @extend_schema(responses=AccountSerializer)
    def me(self, request: Request) -> Response:
        """The account behind the token."""
        return Response(self.get_serializer(request.user).data)
