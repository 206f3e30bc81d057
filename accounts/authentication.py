"""Bearer tokens of the API."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework_simplejwt.authentication import JWTAuthentication


class TokenAuthentication(JWTAuthentication):
    """A JWT access token in `Authorization: Bearer ...`."""


class TokenAuthenticationScheme(OpenApiAuthenticationExtension):
    """Makes Swagger UI's Authorize button log in with the OAuth2 password grant."""

    target_class = TokenAuthentication
    name = "OAuth2"

    def get_security_definition(self, auto_schema):
        flow = {
            "tokenUrl": "/api/v1/auth/login",
            "refreshUrl": "/api/v1/auth/refresh",
            "scopes": {},
        }
        return {"type": "oauth2", "flows": {"password": flow}}
