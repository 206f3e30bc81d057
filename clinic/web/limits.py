"""Limits on the anonymous doors: `RATE_LIMITS` says how many requests an address may make.

Some doors of those who are signed in have one, too, counted by account.
"""

from django.conf import settings
from django_ratelimit.core import get_usage

from clinic.security_log import Kind, note_security

BY_ACCOUNT = frozenset({"phone_code", "password_change"})


def seconds_to_wait(request, name: str) -> int:
    """Count this request against the named limit. 0 where it is within, else how long to wait."""
    key = "user" if name in BY_ACCOUNT else "ip"
    rate = settings.RATE_LIMITS[name]
    usage = get_usage(request, group=name, key=key, rate=rate, increment=True)
    if not usage or not usage["should_limit"]:
        return 0
    note_security(Kind.RATE_LIMITED, of=name)
    return max(1, usage["time_left"])
