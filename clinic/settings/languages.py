"""Time, language and phones."""

from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

from clinic.settings.basis import BASE_DIR, CLINIC_PHONE_REGION, CLINIC_TIME_ZONE, DEBUG, env

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
LANGUAGE_COOKIE_NAME = "language" if DEBUG else "__Host-language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Phones

PHONENUMBER_DEFAULT_REGION = CLINIC_PHONE_REGION
PHONENUMBER_DB_FORMAT = PHONENUMBER_DEFAULT_FORMAT = "E164"
