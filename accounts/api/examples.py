"""What is asked and answered, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

EMAIL, WORD = "reception@clinic.example", "Clinic-demo-1"
PASSWORD = OpenApiExample(
    "Password",
    {"grant_type": "password", "username": EMAIL, "password": WORD},
    request_only=True,
)
SECOND_FACTOR = OpenApiExample(
    "Password and second factor",
    {"grant_type": "password", "username": EMAIL, "password": WORD, "otp": "123456"},
    request_only=True,
)
REFRESHING = OpenApiExample(
    "Refresh token",
    {"grant_type": "refresh_token", "refresh_token": "eyJhbGciOiJIUzI1NiJ9.refresh"},
    request_only=True,
)
TOKENS = OpenApiExample(
    "Tokens",
    {
        "access_token": "eyJhbGciOiJIUzI1NiJ9.access",
        "refresh_token": "eyJhbGciOiJIUzI1NiJ9.refresh",
        "token_type": "bearer",
        "expires_in": 1800,
        "role": "receptionist",
    },
    response_only=True,
    status_codes=["200"],
)
