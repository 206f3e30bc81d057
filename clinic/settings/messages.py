"""Mails and text messages."""

from django.core.exceptions import ImproperlyConfigured

from clinic.settings.basis import CLINIC_EMAIL, CLINIC_NAME, DEBUG, VAR_DIR, env

# E-mail

# Seconds that a mail server may be silent, and hours for which a mail is tried again.
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", 20)
MAIL_RETRY_HOURS = env.int("MAIL_RETRY_HOURS", 72)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f'"{CLINIC_NAME}" <{CLINIC_EMAIL}>')
SERVER_EMAIL = env.str("SERVER_EMAIL", DEFAULT_FROM_EMAIL)
# "none" says that there is no mail server: what is owed is recorded as failed.
MAIL_IS_SENT = env.str("EMAIL_URL", "") != "none"
if env.str("EMAIL_URL", "") and MAIL_IS_SENT:
    try:
        vars().update(env.email_url("EMAIL_URL"))
    except (ImproperlyConfigured, ValueError) as error:
        raise ImproperlyConfigured(
            "EMAIL_URL must be smtp+tls://user:password@mail.example:587, or with smtp:// or "
            "smtp+ssl:// in front, or none."
        ) from error
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
