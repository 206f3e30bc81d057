"""The settings of the test suite: the project's own, in an environment of its own."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
os.environ.update(
    ENV_FILE=os.devnull,
    DEBUG="1",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", ""),
    VAR_DIR=str(BASE_DIR / "var" / "test"),
    DATABASE_POOL_SIZE="60",
    CLINIC_TIME_ZONE="Europe/Berlin",
    CLINIC_PHONE_REGION="DE",
    CLINIC_COUNTRY="DE",
    LOGIN_FAILURES_PER_ADDRESS="100000",
    RATE_LIMITS="register=100000/h,provider=100000/h,login=100000/h,verify=100000/h,"
    "resend=100000/h,reset=100000/h",
    SMS_BACKEND="clinic.sms.locmem.Backend",
    SMS_GATEWAY_URL="",
    DUPLICATE_REGISTRATION="reveal",
)
for name in (
    "EMAIL_URL",
    "CACHE_URL",
    "SECRET_KEY",
    "DOCUMENT_KEYS",
    "DEMO_PASSWORD",
    "METRICS_TOKEN",
    "SENTRY_DSN",
    "CLINIC_NAME",
    "DOCUMENTS_STORAGE",
):
    os.environ.pop(name, None)

from clinic.settings import *  # noqa: E402, F403
from clinic.settings import DATABASES, STORAGES  # noqa: E402

DEBUG = False
BCRYPT_ROUNDS = 4  # Quick; clinic.settings refuses fewer than 12.
# Two runs at once need names of their own.
NAME = os.environ.get("TEST_DATABASE_NAME", "test_clinic")
DATABASES["default"]["TEST"]["NAME"] = NAME
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
STORAGES["documents"]["OPTIONS"]["location"] = BASE_DIR / f"var/test/documents-{NAME}-{WORKER}"
