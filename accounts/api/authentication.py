"""Bearer tokens of the API."""

from functools import lru_cache

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token

from accounts.models import User
from accounts.services.sign_ins import note_use, token_sign_in

LOGIN = "/api/v1/auth/login"
EXPIRED = ("The token has expired.", "token_expired")


@lru_cache(maxsize=1024)
def signed_token(raw_token: bytes) -> Token:
    """What a token says that we have signed: nobody may change that, as all who send it share it.

    A client sends the same token for half an hour, and its signature stays good. Whether its time
    is over must be asked each time. What is refused is not kept.
    """
    return AccessToken(raw_token)


class TokenAuthentication(JWTAuthentication):
    """A JWT access token in `Authorization: Bearer ...`."""

    def get_raw_token(self, header: bytes) -> bytes:
        """The token after `Bearer`, in whatever case that is written (RFC 9110, 11.1).

        Credentials of another kind are refused: their sender takes them for understood.
        """
        scheme, _, token = header.strip().partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            raise AuthenticationFailed("Authorization takes a Bearer token.", "not_authenticated")
        return token.strip()

    def get_validated_token(self, raw_token: bytes) -> Token:
        try:
            claims = signed_token(raw_token)
        except ExpiredTokenError as error:
            raise AuthenticationFailed(*EXPIRED) from error
        except TokenError as error:
            raise AuthenticationFailed("The token is not valid.", "not_authenticated") from error
        try:
            claims.check_exp(current_time=timezone.now())
        except TokenError as error:
            raise AuthenticationFailed(*EXPIRED) from error
        return claims

    def get_user(self, validated_token: Token) -> User:
        """The account, if its sign-in hasn't ended: by signing out, a new password, an admin."""
        sign_in = token_sign_in(validated_token)
        if sign_in is None:
            raise AuthenticationFailed("The token is not valid any more.", "not_authenticated")
        note_use(sign_in)
        return sign_in.user


class TokenAuthenticationScheme(OpenApiAuthenticationExtension):
    """Swagger UI's Authorize button logs in with the OAuth2 password grant, or takes a token: who
    has a second factor logs in with `otp`, which the grant's form has no field for."""

    target_class = TokenAuthentication
    name = ["OAuth2", "bearer"]

    def get_security_definition(self, auto_schema):
        flow = {"tokenUrl": LOGIN, "refreshUrl": LOGIN, "scopes": {}}
        return [
            {
                "type": "oauth2",
                "description": "E-mail address and password.",
                "flows": {"password": flow},
            },
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": f"An access token of `{LOGIN}`.",
            },
        ]

    def get_security_requirement(self, auto_schema):
        return [{name: []} for name in self.name]
