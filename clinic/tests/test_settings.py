import re

import pytest
from django.conf import settings

from clinic.tests.processes import GOOD_PRODUCTION, PRODUCTION, manage, python

SETTINGS = settings.BASE_DIR / "clinic" / "settings"
EXAMPLE = settings.BASE_DIR / ".env.example"
# What the settings don't read themselves.
NOT_OURS = {"POSTGRES_PASSWORD", "CLINIC_DOMAIN"}
# What one process of the project tells another.
INTERNAL = {"CLINIC_PORT"}


def test_development_needs_no_environment():
    result = python("import clinic.settings as s; print(s.DEBUG, s.DATABASES['default']['ENGINE'])")

    assert result.stdout == "True clinic.embedded\n"
    assert result.stderr == ""


def test_passwords_are_hashed_in_twelve_rounds_unless_more_are_asked_for():
    show = "import clinic.settings as s; print(s.BCRYPT_ROUNDS)"

    assert python(show).stdout == "12\n"
    assert python(show, BCRYPT_ROUNDS="13").stdout == "13\n"


def test_naming_a_database_means_production():
    result = python("import clinic.settings", DATABASE_URL="postgres://clinic@localhost/clinic")

    assert "Production settings: SECRET_KEY must be set" in result.stderr


def test_production_passes_the_deployment_check():
    result = manage("check", "--deploy", "--fail-level", "WARNING", **GOOD_PRODUCTION)

    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be set"),
        (
            {"SECRET_KEY": "development-only-secret-key-never-use-it-in-production"},
            "SECRET_KEY must be set",
        ),
        ({"DOCUMENT_KEYS": ""}, "DOCUMENT_KEYS must be set"),
        (
            {"DOCUMENT_KEYS": "ZGV2ZWxvcG1lbnQtb25seS1kb2N1bWVudC1rZXktMDE="},
            "DOCUMENT_KEYS must be set",
        ),
        ({"DOCUMENT_KEYS": "no-key"}, "DOCUMENT_KEYS must be Fernet keys"),
        ({"DATABASE_URL": ""}, "DATABASE_URL must name a PostgreSQL server"),
        ({"DATABASE_URL": "sqlite:///clinic.db"}, "DATABASE_URL must name a PostgreSQL database"),
        (
            {"DATABASE_URL": "postgres://clinic:change-me@database/clinic"},
            "DATABASE_URL must have a password of your own",
        ),
        ({"EMAIL_URL": ""}, "EMAIL_URL must name a mail server"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must list"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must list"),
        ({"ALLOWED_HOSTS": "clinic.example,*.clinic.example"}, "ALLOWED_HOSTS must list"),
        (
            {"CORS_ALLOWED_ORIGINS": "https://*.clinic.example"},
            "CORS_ALLOWED_ORIGINS and CSRF_TRUSTED",
        ),
        (
            {"CSRF_TRUSTED_ORIGINS": "https://*.clinic.example"},
            "CORS_ALLOWED_ORIGINS and CSRF_TRUSTED",
        ),
        ({"STEP_UP_MINUTES": "0"}, "STEP_UP_MINUTES must be 1 to 60"),
        ({"REFRESH_TOKEN_ABSOLUTE_DAYS": "0"}, "REFRESH_TOKEN_ABSOLUTE_DAYS must be 1"),
        ({"PASSKEY_DOMAIN": "https://clinic.example"}, "PASSKEY_DOMAIN must be a name"),
        ({"BCRYPT_ROUNDS": "11"}, "BCRYPT_ROUNDS must be 12 or more"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS, WEB_THREADS and WEB_QUEUE must be 1 or more"),
        ({"DATABASE_POOL_SIZE": "0"}, "DATABASE_POOL_SIZE must be 1 or more"),
        ({"TRUSTED_PROXIES": "proxy"}, "TRUSTED_PROXIES must be addresses or networks"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be DEBUG"),
        ({"CLINIC_URL": "clinic.example"}, "CLINIC_URL must be an address with https://"),
        ({"DATABASE_POOL_SIZE": "many"}, "DATABASE_POOL_SIZE='many' is no whole number."),
        ({"CLINIC_TIME_ZONE": "Berlin"}, "CLINIC_TIME_ZONE='Berlin' is no time zone"),
        ({"CLINIC_CURRENCY": "EURO"}, "CLINIC_CURRENCY='EURO' is no currency"),
        ({"CLINIC_CURRENCY": "XAU"}, "CLINIC_CURRENCY='XAU' is no currency"),
        ({"CLINIC_TIME_ZONE": "Europe"}, "CLINIC_TIME_ZONE='Europe' is no time zone"),
        ({"SECURITY_CONTACTS": "security@clinic.example"}, "SECURITY_CONTACTS and SECURITY_POLICY"),
        ({"MAIL_RETRY_HOURS": "0"}, "EMAIL_TIMEOUT must be 1 to 300 seconds"),
        ({"DOCUMENTS_STORAGE": "/srv/documents"}, "DOCUMENTS_STORAGE must be s3://bucket/folder"),
        ({"DOCUMENTS_STORAGE": "s3://b?zone=eu"}, "DOCUMENTS_STORAGE must be s3://bucket/folder"),
        ({"RATE_LIMITS": "health=often"}, "RATE_LIMITS: health='often'"),
        ({"RATE_LIMITS": "unknown=1/s"}, "RATE_LIMITS: unknown='1/s'"),
    ],
)
def test_production_refuses(changes, sentence):
    result = python("import clinic.settings", **{**PRODUCTION, **changes})

    assert result.returncode != 0
    assert f"ImproperlyConfigured: {sentence}" in result.stderr.replace("Production settings: ", "")


def test_production_refuses_left_out_variables_all_at_once():
    result = python("import clinic.settings", DEBUG="0")

    for name in ("SECRET_KEY", "DOCUMENT_KEYS", "DATABASE_URL", "ALLOWED_HOSTS", "EMAIL_URL"):
        assert f"{name} must " in result.stderr


def test_the_example_names_every_variable_with_a_sentence():
    text = "".join(path.read_text() for path in SETTINGS.glob("*.py"))
    read = set(re.findall(r"""env\.\w+\(\s*"([A-Z_]+)\"""", text)) - INTERNAL
    lines = EXAMPLE.read_text().splitlines()
    named = [re.match(r"(?:# )?([A-Z_]+)=", line) for line in lines]

    assert {match[1] for match in named if match} == read | NOT_OURS
    for above, match in zip([None, *named], named, strict=False):
        if match and not above:
            assert lines[named.index(match) - 1].startswith("# "), match[1]


def test_the_example_is_a_production_once_its_secrets_are_filled_in(tmp_path):
    unset = python("import clinic.settings", ENV_FILE=str(EXAMPLE))
    filled = tmp_path / ".env"
    text = EXAMPLE.read_text()
    for name in ("SECRET_KEY", "DOCUMENT_KEYS", "EMAIL_URL"):
        text = text.replace(f"\n{name}=\n", f"\n{name}={PRODUCTION[name]}\n")
    text = text.replace("change-me", "one-of-our-own")
    filled.write_text(text)
    result = manage("check", "--deploy", "--fail-level", "ERROR", ENV_FILE=str(filled))

    assert "SECRET_KEY must be set" in unset.stderr
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("given", "roles"),
    [
        (PRODUCTION, ["admin", "receptionist", "doctor"]),
        (PRODUCTION | {"MFA_REQUIRED_ROLES": "admin"}, ["admin"]),
        (PRODUCTION | {"MFA_REQUIRED_ROLES": ""}, []),
        ({}, []),
    ],
)
def test_all_staff_need_a_second_factor_in_production(given, roles):
    result = python("from clinic.settings import *; print(MFA_REQUIRED_ROLES)", **given)

    assert result.stdout.strip() == str(roles), result.stderr
