"""The cache of the settings, for who wants to know of it."""

from typing import Any

from django.core.cache import caches


def shared_cache() -> Any:
    """`clinic.shared_cache.SharedCache`; None where each process has a cache of its own anyway."""
    cache = caches["default"]
    return cache if hasattr(cache, "answers") else None
