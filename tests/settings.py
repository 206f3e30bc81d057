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
    RATE_LIMITS="register=100000/h,login=100000/h",
)
for name in (
    "EMAIL_URL",
    "CACHE_URL",
    "SECRET_KEY",
    "DOCUMENT_KEYS",
    "DEMO_PASSWORD",
    "CLINIC_NAME",
):
    os.environ.pop(name, None)

from clinic.settings import *  # noqa: E402, F403

DEBUG = False
STORAGES["documents"] = {
    "BACKEND": "clinic.storage.EncryptedFileSystemStorage",
    "OPTIONS": {
        "location": VAR_DIR / f"documents-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}",
        "base_url": None,
    },
}  # noqa: E501, F405
