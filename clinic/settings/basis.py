"""Where the clinic is, what it is called, and its secrets."""

import os
from pathlib import Path

from clinic.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
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

# Where the clinic writes

VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var"))).resolve()
