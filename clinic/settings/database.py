"""Database, jobs, cache, and who did what."""

import re

from django.core.exceptions import ImproperlyConfigured

from clinic.settings.basis import VAR_DIR, env

for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
    # Asked first: of a scheme that it doesn't know, the library prints the whole address.
    if not re.match("(postgres|postgresql|pgsql|psql)://|$", env.str(name, "")):
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL database.")
# The owner of the tables, where the clinic works as another role: `migrate` works as that one.
DATABASE_OWNER = env.db_url("DATABASE_OWNER_URL") if env.str("DATABASE_OWNER_URL", "") else {}
if DATABASE_OWNER and not DATABASE_OWNER["PASSWORD"]:
    DATABASE_OWNER["PASSWORD"] = env.str("DATABASE_OWNER_PASSWORD", "")
if env.str("DATABASE_URL", ""):
    DATABASES = {"default": env.db_url("DATABASE_URL", engine="clinic.database")}
    if not DATABASES["default"]["PASSWORD"]:
        DATABASES["default"]["PASSWORD"] = env.str("DATABASE_PASSWORD", "")
else:
    DATABASES = {"default": {"ENGINE": "clinic.embedded", "NAME": "postgres"}}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {
    "min_size": 0,
    "max_size": env.int("DATABASE_POOL_SIZE", 10),
}
# Of a page or a request to the API: how long a statement waits for a lock, and runs.
DATABASE_LOCK_SECONDS = env.int("DATABASE_LOCK_SECONDS", 3)
DATABASE_STATEMENT_SECONDS = env.int("DATABASE_STATEMENT_SECONDS", 15)
# Does a pooler such as PgBouncer hand connections to others after each transaction?
DATABASE_POOLER = env.bool("DATABASE_POOLER", False)
# Does PostgreSQL keep hot statements prepared? Poolers that share connections must know of it.
DATABASE_PREPARED = env.bool("DATABASE_PREPARED", True)
DATABASES["default"]["TEST"] = {"NAME": "test_clinic"}
EMBEDDED_DATABASE_DIR = VAR_DIR / "pg"

CACHES = {"default": env.cache_url("CACHE_URL", "locmemcache://")}
if CACHES["default"]["BACKEND"].endswith(".RedisCache"):
    CACHES["default"]["BACKEND"] = "clinic.shared_cache.SharedCache"

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
DEFAULT_RATE_LIMITS = {**RATE_LIMITS}
for name, _, rate in (item.strip().partition("=") for item in env.list("RATE_LIMITS", default=[])):
    if name not in RATE_LIMITS or not re.fullmatch(r"[0-9]+/[0-9]*[smhd]", rate):
        raise ImproperlyConfigured(
            f"RATE_LIMITS: {name}={rate!r} is not one of {', '.join(RATE_LIMITS)} "
            "with count/period, period being s, m, h or d."
        )
    RATE_LIMITS[name] = rate

# Networks of the proxies whose X-Forwarded-For is believed.
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
RATELIMIT_IP_META_KEY = "clinic.address.client_network"

# Who did what

PGHISTORY_EXCLUDE_FIELD_KWARGS = {"django.db.models.BigIntegerField": ["db_default"]}
# Where the newest link of the audit's chain is noted as well, outside of the database.
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", "")
PROCRASTINATE_ON_APP_READY = "clinic.history.track_jobs"
