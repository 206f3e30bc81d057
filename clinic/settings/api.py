"""The API and its document."""

from datetime import timedelta

from clinic.settings.basis import CLINIC_NAME, SECRET_KEY, env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["clinic.api.rendering.QuickRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.api.parsers.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "clinic.api.pagination.PageNumberPagination",
    "DEFAULT_SCHEMA_CLASS": "clinic.api.schema.ClinicSchema",
    "EXCEPTION_HANDLER": "clinic.api.errors.exception_handler",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a parameter like any other that is unknown.
}
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SECRET_KEY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("ACCESS_TOKEN_MINUTES", 30)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("REFRESH_TOKEN_DAYS", 14)),
    "CHECK_REVOKE_TOKEN": True,  # A changed password ends the tokens made with the old one.
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{CLINIC_NAME} API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "AUTHENTICATION_WHITELIST": ["accounts.api.authentication.TokenAuthentication"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False, "deepLinking": True},
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "metrics": {
                "type": "http",
                "scheme": "bearer",
                "description": "The server's `METRICS_TOKEN`.",
            }
        }
    },
    "ENUM_NAME_OVERRIDES": {
        "AppointmentStatus": "appointments.transitions.Status",
        "Role": "accounts.roles.Role",
        "StaffRole": "accounts.roles.STAFF_ROLES",
        "Wellness": "clinic.operations.health.WELLNESS",
        "WholeHealth": "clinic.operations.health.HEALTH",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "clinic.api.document.complete",
    ],
}
