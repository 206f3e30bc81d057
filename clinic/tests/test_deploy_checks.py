"""What is allowed in production, but had better not be, is told by `check --deploy`."""

import base64
from types import SimpleNamespace

import pytest
from django.conf import settings as own

from clinic.operations import deploy_checks
from clinic.operations.deploy_checks import CHECKS, check_production
from clinic.settings.database import DEFAULT_RATE_LIMITS

DATABASE = {"HOST": "db.example", "OPTIONS": {"sslmode": "require"}}
REDIS = "django.core.cache.backends.redis.RedisCache"
TYPED = base64.urlsafe_b64encode(b"typed-by-somebody-on-a-keyboard!").decode()


@pytest.fixture
def production(monkeypatch):
    """Settings of which nothing is left to be said."""
    settings = SimpleNamespace(
        DEBUG=False,
        DOCUMENT_KEYS=[base64.urlsafe_b64encode(bytes(range(200, 232))).decode()],
        CLINIC_URL="https://clinic.example",
        ALLOWED_HOSTS=["clinic.example"],
        DATABASES={"default": {"HOST": "database", "OPTIONS": {}}},
        CACHES={"default": {"BACKEND": REDIS, "LOCATION": "redis://cache:6379/0"}},
        EMAIL_HOST="mail",
        EMAIL_USE_TLS=False,
        EMAIL_USE_SSL=False,
        MAIL_IS_SENT=True,
        TRUSTED_PROXIES=["172.31.250.0/24"],
        RATE_LIMITS=DEFAULT_RATE_LIMITS,
        DEFAULT_RATE_LIMITS=DEFAULT_RATE_LIMITS,
        METRICS_TOKEN="a-token-that-is-long-enough-for-it",
        MFA_REQUIRED_ROLES=["admin", "receptionist", "doctor"],
        BACKUP_DIR="/srv/backups",
        VAR_DIR=own.VAR_DIR,
        DOCUMENTS_BUCKET={},
        SMS_GATEWAY_URL="",
        LOGGING={"root": {"level": "INFO"}},
    )
    monkeypatch.setattr(deploy_checks, "settings", settings)
    return settings


def told() -> dict[str, str]:
    return {warning.id: warning.msg for warning in check_production(None)}


def test_a_good_production_is_told_nothing(production):
    assert told() == {}


def test_a_developers_clinic_is_told_nothing(production):
    production.DEBUG, production.METRICS_TOKEN = True, ""

    assert told() == {}


WRONG = {
    "clinic.W001": [{"DOCUMENT_KEYS": [TYPED]}],
    "clinic.W002": [{"CLINIC_URL": "http://clinic.example"}, {"CLINIC_URL": "https://b.example"}],
    "clinic.W003": [{"ALLOWED_HOSTS": ["clinic.example", ".clinic.example"]}],
    "clinic.W004": [{"DATABASES": {"default": DATABASE}}],
    "clinic.W005": [
        {"CACHES": {"default": {"BACKEND": REDIS, "LOCATION": "redis://10.0.0.7:6379/0"}}}
    ],
    "clinic.W006": [{"EMAIL_HOST": "smtp.example"}],
    "clinic.W007": [{"TRUSTED_PROXIES": []}, {"TRUSTED_PROXIES": ["0.0.0.0/0"]}],
    "clinic.W008": [{"RATE_LIMITS": {"login": "100000/m"}}, {"RATE_LIMITS": {"login": "60/s"}}],
    "clinic.W009": [
        {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}}
    ],
    "clinic.W010": [{"METRICS_TOKEN": ""}, {"METRICS_TOKEN": "short"}],
    "clinic.W011": [{"MFA_REQUIRED_ROLES": ["admin"]}],
    "clinic.W012": [{"BACKUP_DIR": ""}, {"BACKUP_DIR": str(own.VAR_DIR / "backups")}],
    "clinic.W013": [{"MAIL_IS_SENT": False}],
    "clinic.W014": [{"DOCUMENTS_BUCKET": {"endpoint_url": "http://s3.example"}}],
    "clinic.W015": [{"LOGGING": {"root": {"level": "DEBUG"}}}],
    "clinic.W016": [{"SMS_GATEWAY_URL": "http://sms.example/send"}],
}


def test_each_check_is_tried():
    assert set(WRONG) == {name for name, _ in CHECKS}


@pytest.mark.parametrize(
    ("number", "changes"), [(number, each) for number, all in WRONG.items() for each in all]
)
def test_what_is_unwise_is_told_under_its_own_id(production, number, changes):
    for name, value in changes.items():
        setattr(production, name, value)

    assert told().keys() == {number}


@pytest.mark.parametrize(
    "changes",
    [
        {"DATABASES": {"default": {"HOST": "db.example", "OPTIONS": {"sslmode": "verify-full"}}}},
        {"DATABASES": {"default": {"HOST": "/run/postgresql", "OPTIONS": {}}}},
        {"CACHES": {"default": {"BACKEND": REDIS, "LOCATION": "rediss://r.example:6379"}}},
        {"EMAIL_HOST": "smtp.example", "EMAIL_USE_TLS": True},
        {"EMAIL_HOST": "127.0.0.1"},
        {"SMS_GATEWAY_URL": "https://sms.example/send"},
    ],
)
def test_what_is_encrypted_or_stays_near_is_fine(production, changes):
    for name, value in changes.items():
        setattr(production, name, value)

    assert told() == {}
