import re
from dataclasses import asdict

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.examples import PASSWORD, REFRESHING, SECOND_FACTOR, TOKENS
from accounts.api.serializers import (
    REFRESH,
    AccountSerializer,
    LoginSerializer,
    OAuthErrorSerializer,
    RefreshSerializer,
    SignInSerializer,
    TokenPairSerializer,
)
from accounts.models import AccessLog, SignIn
from accounts.services import credentials, sign_ins
from accounts.services.access import note_read
from clinic.api.errors import Problem, as_problem
from clinic.api.parsers import StrictFormParser, StrictJSONParser
from clinic.api.serializers import PageQuery
from clinic.api.views import ClinicViewSet

NOT_IN_DESCRIPTIONS = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")


def oauth_error(problem: Problem) -> dict[str, str]:
    """The problem in the words of RFC 6749, 5.2; nothing where those have none for it."""
    if problem.status_code == status.HTTP_401_UNAUTHORIZED:
        error = "invalid_grant"
    elif problem.status_code == status.HTTP_400_BAD_REQUEST:
        error = "unsupported_grant_type" if "grant_type" in problem.errors else "invalid_request"
    else:
        return {}
    told = [f"{name}: {' '.join(sentences)}" for name, sentences in problem.errors.items()]
    description = "; ".join(told) or problem.message
    return {"error": error, "error_description": NOT_IN_DESCRIPTIONS.sub("?", description)}


class AuthViewSet(ClinicViewSet):
    """Signing in, and who is signed in."""

    anonymous_actions = frozenset({"login", "refresh", "logout"})
    permissions = {"login": "", "refresh": "", "logout": "", "me": ""}
    beside_problems = {"login": dict.fromkeys(("400", "401"), OAuthErrorSerializer)}
    limits = {"login": "login", "refresh": "refresh"}
    secret_actions = frozenset({"login", "refresh", "logout"})
    parsers = {"login": [StrictJSONParser, StrictFormParser]}
    serializer_class = AccountSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever logs in has no token yet, or an old one; OAuth2 clients may send Basic."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    @extend_schema(
        request={"application/x-www-form-urlencoded": LoginSerializer},
        responses=TokenPairSerializer,
        examples=[PASSWORD, SECOND_FACTOR, REFRESHING, TOKENS],
    )
    def login(self, request: Request) -> Response:
        """Log in.

        Exchange an e-mail address and a password for tokens (OAuth2 password grant), or with
        `grant_type=refresh_token` a refresh token for a new pair, as `/auth/refresh` does. The same
        fields are taken as JSON. Problems also bear `error` and `error_description` (RFC 6749,
        5.2); faulty fields are 400, and `errors` names them.

        Who has a password that somebody else has set gets tokens that open
        `POST /api/v1/auth/password/change` alone: all else is 403 `password_change_required`.
        Where the account has a second factor, `otp` takes a code of the authenticator app or a
        recovery code, each of which works once. Without it, and only after the right password,
        the answer is 401 `otp_required`, as it also is for roles that need a second factor
        (`MFA_REQUIRED_ROLES`) until it is set up in the staff console. Anything wrong is 401
        `invalid_credentials`. Too many failures, of one account or from one address, over API,
        pages and console together: 429 until `Retry-After`, whatever is sent.
        """
        given = self.read(LoginSerializer, request.data)
        if given.get("grant_type") == REFRESH:
            return self.pair(sign_ins.refresh(given["refresh_token"]))
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
        return Response(asdict(pair))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, credentials.Wrong):
            exc = AuthenticationFailed("Wrong e-mail, password or code.", "invalid_credentials")
        elif isinstance(exc, credentials.CodeNeeded):
            exc = AuthenticationFailed(str(exc), "otp_required")
        elif isinstance(exc, sign_ins.NotLive):
            exc = AuthenticationFailed("This refresh token is not valid.", "not_authenticated")
        elif self.action == "login" and as_problem(exc, {}).status_code == 422:
            exc = Problem(400, errors=as_problem(exc, {}).errors)
        return super().handle_exception(exc)

    def beside_problem(self, error: Exception) -> dict[str, str]:
        return oauth_error(as_problem(error, {})) if self.action == "login" else {}

    @extend_schema(responses=AccountSerializer)
    def me(self, request: Request) -> Response:
        """Show who is signed in.

        The account behind the token. Every route of patients takes the ids in `acts_for` as if
        they were the caller's own.
        """
        data = self.get_serializer(request.user).data
        note_read(request, AccessLog.Action.LIST, [one["patient_id"] for one in data["acts_for"]])
        return Response(data)


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
