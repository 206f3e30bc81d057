"""Addresses, browsers, and what a request may hold."""

from csp.constants import NONE, SELF

from clinic.settings.basis import CLINIC_EMAIL, DEBUG, env

# Addresses and browsers

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_EXPOSE_HEADERS = ["ETag", "Idempotent-Replayed", "Location", "Retry-After", "X-Request-ID"]
CORS_ALLOW_HEADERS = [
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
    "x-request-id",
]  # fmt: skip
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "accounts.views.csrf.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# Of cookies that one page alone gets: names with __Host- are for all of them.
PAGE_COOKIE_PREFIX = "" if DEBUG else "__Secure-"
if not DEBUG:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    # Programs would not notice what they have sent in the clear: HttpsApiMiddleware refuses them.
    SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|health|metrics)/?$", r"^api(/|$)"]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31536000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

# The web server (`manage.py serve`): where it listens, its processes, and the threads of each.
WEB_HOST = env.str("WEB_HOST", "127.0.0.1")
WEB_PORT = env.int("WEB_PORT", 8000)
WEB_WORKERS = env.int("WEB_WORKERS", 2)
WEB_THREADS = env.int("WEB_THREADS", 2)
# Of each process: how many whole requests wait for a thread before more are told to come again.
WEB_QUEUE = env.int("WEB_QUEUE", 400)
# For how many seconds nothing may come of a request's body; how long is waited for what runs.
WEB_BODY_SECONDS = env.int("WEB_BODY_SECONDS", 10)
WEB_STOP_SECONDS = env.int("WEB_STOP_SECONDS", 8)

# Whom to tell of a weakness, as /.well-known/security.txt says, and the address of a page about it,
# if there is one.
SECURITY_CONTACTS = env.list("SECURITY_CONTACTS", default=[f"mailto:{CLINIC_EMAIL}"])
SECURITY_POLICY_URL = env.str("SECURITY_POLICY_URL", "")

# Requests: a form with a photo may be as large as a phone's camera makes it, so that the
# answer can name the photo; anything larger is refused unread.
MAX_BODY_BYTES = 40 * 1024 * 1024
MAX_JSON_BYTES = 1024 * 1024
MAX_ANONYMOUS_BYTES = 64 * 1024  # Of JSON and of a form's texts, from who isn't signed in.
MAX_ADDRESS_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024  # All together.
MAX_PHOTO_BYTES = 5 * 1024 * 1024
MAX_PHOTO_PIXELS = 40_000_000
MIN_PHOTO_SIDE = env.int("MIN_PHOTO_SIDE", 600)  # Pixels, of the longer side.
# Files of records: what the console takes and gives; the commands of manage.py take any number.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 10 * 1024 * 1024)
IMPORT_MAX_ROWS = env.int("IMPORT_MAX_ROWS", 10_000)
EXPORT_XLSX_MAX_ROWS = env.int("EXPORT_XLSX_MAX_ROWS", 50_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_JSON_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # The week of a doctor: up to 100 spans of 6 fields.
DATA_UPLOAD_MAX_NUMBER_FILES = 5
