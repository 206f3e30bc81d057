"""What production refuses to start on."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from logging import getLevelNamesMapping

from django.core.exceptions import ImproperlyConfigured

from clinic.settings.basis import (
    CLINIC_URL,
    DEVELOPMENT_DOCUMENT_KEY,
    DEVELOPMENT_SECRET_KEY,
    DOCUMENT_KEYS,
    SECRET_KEY,
    env,
)
from clinic.settings.database import (
    DATABASE_LOCK_SECONDS,
    DATABASE_OWNER,
    DATABASE_STATEMENT_SECONDS,
    DATABASES,
    TRUSTED_PROXIES,
)
from clinic.settings.messages import EMAIL_TIMEOUT, MAIL_RETRY_HOURS
from clinic.settings.privacy import TREATMENT_KEPT_YEARS
from clinic.settings.signing_in import (
    BCRYPT_ROUNDS,
    DUPLICATE_REGISTRATION,
    PASSKEY_DOMAIN,
    REFRESH_TOKEN_ABSOLUTE_LIMIT,
    STEP_UP_TIME,
)
from clinic.settings.visits import ASSIGNMENT_DAYS, BREAK_GLASS_MINUTES
from clinic.settings.watching import LOGGING
from clinic.settings.web import (
    CORS_ALLOWED_ORIGINS,
    CSRF_TRUSTED_ORIGINS,
    SECURITY_CONTACTS,
    SECURITY_POLICY_URL,
    WEB_QUEUE,
    WEB_THREADS,
    WEB_WORKERS,
)

Rule = tuple[bool, str]  # Whether it holds, and the sentence where it doesn't.
# As a Host header has it; a leading dot takes all names below.
HOST = re.compile(r"\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
# Passwords that stand in examples, and are tried first. Without any, the server asks for none.
GUESSED_FIRST = {"change-me", "changeme", "password", "postgres", "clinic", "secret", "admin"}


def host_faults(hosts: list[str]) -> list[str]:
    if not hosts or any("*" in host for host in hosts):
        return ["ALLOWED_HOSTS must list the clinic's host names, without wildcards"]
    if not all(HOST.fullmatch(host) for host in hosts):
        return ["ALLOWED_HOSTS must be host names alone, without https://, port and path"]
    return []


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
    if str(DATABASES["default"].get("PASSWORD", "")).lower() in GUESSED_FIRST:
        faults.append("DATABASE_URL must have a password of your own, not one of the examples")
    faults += host_faults(env.list("ALLOWED_HOSTS", default=[]))
    if any("*" in origin for origin in CORS_ALLOWED_ORIGINS + CSRF_TRUSTED_ORIGINS):
        faults.append("CORS_ALLOWED_ORIGINS and CSRF_TRUSTED_ORIGINS take no wildcards")
    if not env.str("EMAIL_URL", ""):
        faults.append("EMAIL_URL must name a mail server, or be none where there is none")
    if faults:
        raise ImproperlyConfigured("Production settings: " + "; ".join(faults) + ".")


def refuse_wrong_values() -> None:
    """Stop any process whose settings are not what they can be."""
    for is_right, sentence in (*rules_of_the_machine(), *rules_of_the_clinic(), *rules_of_entry()):
        if not is_right:
            raise ImproperlyConfigured(sentence)


def rules_of_the_machine() -> Iterator[Rule]:
    own = DATABASES["default"]
    yield (
        min(WEB_WORKERS, WEB_THREADS, WEB_QUEUE) >= 1,
        "WEB_WORKERS, WEB_THREADS and WEB_QUEUE must be 1 or more.",
    )
    yield own["OPTIONS"]["pool"]["max_size"] >= 1, "DATABASE_POOL_SIZE must be 1 or more."
    yield (
        0 < DATABASE_LOCK_SECONDS < DATABASE_STATEMENT_SECONDS,
        "DATABASE_LOCK_SECONDS must be 1 or more, and less than DATABASE_STATEMENT_SECONDS.",
    )
    yield (
        not DATABASE_OWNER or DATABASE_OWNER["NAME"] == own["NAME"],
        "DATABASE_OWNER_URL must name the database of DATABASE_URL.",
    )
    yield (
        all(map(is_network, TRUSTED_PROXIES)),
        "TRUSTED_PROXIES must be addresses or networks, such as 172.18.0.0/16.",
    )
    yield (
        LOGGING["root"]["level"] in getLevelNamesMapping(),
        "LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.",
    )
    yield (
        1 <= EMAIL_TIMEOUT <= 300 and 1 <= MAIL_RETRY_HOURS <= 240,
        "EMAIL_TIMEOUT must be 1 to 300 seconds, MAIL_RETRY_HOURS 1 to 240.",
    )


def rules_of_the_clinic() -> Iterator[Rule]:
    yield (
        re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", CLINIC_URL) is not None,
        "CLINIC_URL must be an address with https://, such as https://clinic.example.",
    )
    yield (
        ASSIGNMENT_DAYS >= 0 and 5 <= BREAK_GLASS_MINUTES <= 1440,
        "ASSIGNMENT_DAYS must be 0 or more, BREAK_GLASS_MINUTES 5 to 1440.",
    )
    yield TREATMENT_KEPT_YEARS >= 0, "TREATMENT_KEPT_YEARS must be 0 or more."
    places = [*SECURITY_CONTACTS, *filter(None, [SECURITY_POLICY_URL])]
    yield (
        all(re.fullmatch(r"(mailto:[^\s@]+@|https://|tel:\+)\S+", place) for place in places),
        "SECURITY_CONTACTS and SECURITY_POLICY_URL must be mailto:, https: or tel: addresses.",
    )


def rules_of_entry() -> Iterator[Rule]:
    yield BCRYPT_ROUNDS >= 12, "BCRYPT_ROUNDS must be 12 or more."
    yield (
        DUPLICATE_REGISTRATION in ("reveal", "conceal"),
        "DUPLICATE_REGISTRATION must be reveal or conceal.",
    )
    yield 1 <= STEP_UP_TIME.total_seconds() / 60 <= 60, "STEP_UP_MINUTES must be 1 to 60."
    yield (
        1 <= REFRESH_TOKEN_ABSOLUTE_LIMIT.days <= 400,
        "REFRESH_TOKEN_ABSOLUTE_DAYS must be 1 to 400.",
    )
    yield (
        not PASSKEY_DOMAIN
        or re.fullmatch(r"([a-z0-9-]+\.)*[a-z][a-z0-9-]*", PASSKEY_DOMAIN) is not None,
        "PASSKEY_DOMAIN must be a name, such as clinic.example.",
    )


def is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
