"""Limits on the anonymous doors: `RATE_LIMITS` says how many requests an address may make."""

from django.conf import settings
from django_ratelimit.core import get_usage


def seconds_to_wait(request, name: str) -> int:
    """Count this request against the named limit. 0 where it is within, else how long to wait."""
    usage = get_usage(
        request, group=name, key="ip", rate=settings.RATE_LIMITS[name], increment=True
    )
    return max(1, usage["time_left"]) if usage and usage["should_limit"] else 0
