"""Accounts, passwords, sessions, second factors."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

from clinic.settings.basis import DEBUG, env

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
DEVICE_COOKIE_NAME = "device" if DEBUG else "__Host-device"
BCRYPT_ROUNDS = env.int("BCRYPT_ROUNDS", 12)
PASSWORD_HASHERS = ["accounts.security.hashers.BCryptHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "accounts.security.validators.LengthValidator"},
    {"NAME": "accounts.security.validators.CharactersValidator"},
    {"NAME": "accounts.security.validators.PersonalDataValidator"},
    {"NAME": "accounts.security.validators.ClinicNameValidator"},
    {"NAME": "accounts.security.validators.LeakedValidator"},
]
# How long a session in a browser may rest, and how long it may last at all.
SESSION_IDLE_LIMIT = timedelta(minutes=env.int("SESSION_IDLE_MINUTES", 60))
SESSION_ABSOLUTE_LIMIT = timedelta(hours=env.int("SESSION_ABSOLUTE_HOURS", 12))
SESSION_ENGINE = "accounts.security.sessions"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# It opens nothing more by then, but still tells whose it was and why it ended.
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE_LIMIT.total_seconds()) + 24 * 3600
# Failed sign-ins, over all doors together, until the account is locked out for a network, a network
# for all accounts, or an account for all that is new to it, and for how long. A clinic shares one
# address, so that it gets far more.
LOGIN_FAILURES_PER_ACCOUNT = env.int("LOGIN_FAILURES_PER_ACCOUNT", 10)
LOGIN_FAILURES_PER_ADDRESS = env.int("LOGIN_FAILURES_PER_ADDRESS", 300)
LOGIN_FAILURES_ANYWHERE = env.int("LOGIN_FAILURES_ANYWHERE", 100)
LOGIN_LOCK = timedelta(minutes=env.int("LOGIN_LOCK_MINUTES", 15))
AXES_HANDLER = "accounts.security.lockouts.LockoutHandler"
AXES_LOCKOUT_CALLABLE = "accounts.security.lockouts.locked_out_answer"
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "accounts.security.lockouts.counted_name"
AXES_CLIENT_IP_CALLABLE = "clinic.address.client_network"
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_COOLOFF_TIME = LOGIN_LOCK
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# How long a password or a second factor counts that was shown, where accounts could be taken over.
STEP_UP_TIME = timedelta(minutes=env.int("STEP_UP_MINUTES", 10))
# How long a family of refresh tokens lives at all, however often it is exchanged.
REFRESH_TOKEN_ABSOLUTE_LIMIT = timedelta(days=env.int("REFRESH_TOKEN_ABSOLUTE_DAYS", 90))
# The name that passkeys are made for; empty: the host that each page is opened at. A name above it
# (clinic.example for www.clinic.example) lets several hosts share them.
PASSKEY_DOMAIN = env.str("PASSKEY_DOMAIN", "").lower()
# Can patients sign in by a link that comes by mail?
SIGN_IN_LINKS = env.bool("SIGN_IN_LINKS", False)
# Roles that can't enter the console or the API without a second factor: all staff in production.
STAFF = ["admin", "receptionist", "doctor"]
MFA_REQUIRED_ROLES = env.list("MFA_REQUIRED_ROLES", default=[] if DEBUG else STAFF)
if unknown_roles := set(MFA_REQUIRED_ROLES) - set(STAFF):
    raise ImproperlyConfigured(f"MFA_REQUIRED_ROLES: {unknown_roles} are no roles of staff.")
DEMO_PASSWORD = env.str("DEMO_PASSWORD", "Clinic-demo-1")
