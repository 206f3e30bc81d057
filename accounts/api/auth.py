from dataclasses import asdict

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.examples import PASSWORD, SECOND_FACTOR, TOKENS
from accounts.api.serializers import (
    AccountSerializer,
    LoginSerializer,
    RefreshSerializer,
    SignInSerializer,
    TokenPairSerializer,
)
from accounts.models import SignIn
from accounts.services import credentials, sign_ins
from clinic.api.parsers import StrictFormParser, StrictJSONParser
from clinic.api.serializers import PageQuery
from clinic.api.views import ClinicViewSet


class AuthViewSet(ClinicViewSet):
    """Signing in, and who is signed in."""

    anonymous_actions = frozenset({"login", "refresh", "logout"})
    permissions = {"login": "", "refresh": "", "logout": "", "me": ""}
    limits = {"login": "login", "refresh": "refresh"}
    secret_actions = frozenset({"login", "refresh", "logout"})
    parsers = {"login": [StrictJSONParser, StrictFormParser]}
    serializer_class = AccountSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever logs in has no token yet, or an old one; OAuth2 clients may send Basic."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    @extend_schema(
        request=LoginSerializer,
        responses=TokenPairSerializer,
        examples=[PASSWORD, SECOND_FACTOR, TOKENS],
    )
    def login(self, request: Request) -> Response:
        """Log in.

        Exchange an e-mail address and a password for tokens (OAuth2 password grant).

        Where the account has a second factor, `otp` takes a code of the authenticator app or a
        recovery code, each of which works once. Without it, and only after the right password,
        the answer is 401 `otp_required`, as it also is for roles that need a second factor
        (`MFA_REQUIRED_ROLES`) until it is set up in the staff console. Anything wrong is 401
        `invalid_credentials`. Too many failures, of one account or from one address, over API,
        pages and console together: 429 until `Retry-After`, whatever is sent.
        """
        given = self.read(LoginSerializer, request.data)
        user = credentials.check_account(
            request, given["username"], given["password"], given.get("otp", "")
        )
        return self.pair(sign_ins.begin_by_api(user, by_factor=True, **sign_ins.device(request)))

    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer)
    def refresh(self, request: Request) -> Response:
        """Exchange a refresh token.

        Exchange a refresh token for a new pair. The old one is dead; using it again ends all
        tokens of its sign-in.
        """
        given = self.read(RefreshSerializer, request.data)
        return self.pair(sign_ins.refresh(given["refresh_token"]))

    @extend_schema(request=RefreshSerializer, responses={204: None})
    def logout(self, request: Request) -> Response:
        """Log out.

        End the sign-in of this refresh token, with all its tokens.
        """
        given = self.read(RefreshSerializer, request.data)
        sign_ins.sign_out(given["refresh_token"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    def pair(self, pair: sign_ins.TokenPair) -> Response:
        return Response(asdict(pair), headers={"Cache-Control": "no-store"})

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, credentials.Wrong):
            exc = AuthenticationFailed("Wrong e-mail, password or code.", "invalid_credentials")
        elif isinstance(exc, credentials.CodeNeeded):
            exc = AuthenticationFailed(str(exc), "otp_required")
        elif isinstance(exc, sign_ins.NotLive):
            exc = AuthenticationFailed("This refresh token is not valid.", "not_authenticated")
        return super().handle_exception(exc)

    @extend_schema(responses=AccountSerializer)
    def me(self, request: Request) -> Response:
        """Show who is signed in.

        The account behind the token.
        """
        return Response(self.get_serializer(request.user).data)


class SignInViewSet(ClinicViewSet):
    """Where the caller is signed in, in browsers and by the API."""

    permissions = {"list": "", "destroy_others": "", "destroy": ""}
    queries = {"list": PageQuery}
    serializer_class = SignInSerializer

    def get_queryset(self) -> QuerySet[SignIn]:
        if not self.request.user.is_authenticated:  # The OpenAPI document is being made.
            return SignIn.objects.none()
        return sign_ins.live_of(self.request.user)

    def list(self, request: Request) -> Response:
        """List one's sign-ins.

        The caller's sign-ins that still open doors, the last used ones first.
        """
        return self.paged(self.get_queryset())

    @extend_schema(responses={204: None})
    def destroy_others(self, request: Request) -> Response:
        """Sign out everywhere else.

        Sign all of the caller's other devices out, browsers and programs alike. The sign-in of
        this request stays, and so it is answered 204 where there are no others.
        """
        self.read_no_body()
        current = self.get_queryset().get(pk=sign_ins.sign_in_id(request.auth))
        sign_ins.end_all(request.user, SignIn.Ended.BY_USER, but=current)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, id: str) -> Response:
        """Sign one device out.

        Sign one of the caller's devices out: its session or tokens open nothing any more.
        """
        self.read_no_body()
        sign_ins.end(self.get_object(), SignIn.Ended.BY_USER)
        return Response(status=status.HTTP_204_NO_CONTENT)
