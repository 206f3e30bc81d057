from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken

from accounts.serializers import AccountSerializer, LoginSerializer, TokenPairSerializer
from clinic.api.parsers import StrictFormParser, StrictJSONParser
from clinic.api.views import ClinicViewSet
from clinic.limits import seconds_to_wait


class AuthViewSet(ClinicViewSet):
    """Signing in, and who is signed in."""

    anonymous_actions = frozenset({"login"})
    permissions = {"login": "", "me": ""}
    parsers = {"login": [StrictJSONParser, StrictFormParser]}
    serializer_class = AccountSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever logs in has no token yet, or an old one; OAuth2 clients may send Basic."""
        return [] if self.named_action == "login" else super().get_authenticators()

    @extend_schema(request=LoginSerializer, responses=TokenPairSerializer, auth=[])
    def login(self, request: Request) -> Response:
        """Exchange an e-mail address and a password for tokens (OAuth2 password grant)."""
        if wait := seconds_to_wait(request, "login"):
            raise Throttled(wait)
        given = self.read(LoginSerializer, request.data)
        user = authenticate(request, username=given["username"], password=given["password"])
        if user is None:
            raise AuthenticationFailed("Wrong e-mail or password.", "invalid_credentials")
        refresh = RefreshToken.for_user(user)
        answer = {
            "access_token": str(refresh.access_token),
            "refresh_token": str(refresh),
            "token_type": "bearer",
            "expires_in": int(api_settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
            "role": user.role,
        }
        return Response(answer, headers={"Cache-Control": "no-store"})

    @extend_schema(responses=AccountSerializer)
    def me(self, request: Request) -> Response:
        """The account behind the token."""
        return Response(self.get_serializer(request.user).data)
