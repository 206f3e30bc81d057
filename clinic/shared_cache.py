"""The cache that all web processes share, for limits and for what lists have counted.

While it is away or frozen each process has one of its own, so that limits still hold, if more
loosely, and nobody is refused because of it.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

WAIT_SECONDS = 0.3
TRIED_AGAIN_SECONDS = 2.0
AWAY = (RedisError, OSError)
OPERATIONS = (
    "add", "get", "set", "touch", "delete", "get_many", "set_many", "delete_many", "has_key",
    "incr", "clear",
)  # fmt: skip


class Outage:
    """Since when a server is away, of this process: threads have caches of their own."""

    def __init__(self) -> None:
        self.since: float | None = None
        self.tried_at = 0.0

    def is_to_be_tried(self) -> bool:
        """One of those who ask tries it again now and then; the others don't wait for it."""
        now = time.monotonic()
        if self.since is None:
            return True
        if now - self.tried_at < TRIED_AGAIN_SECONDS:
            return False
        self.tried_at = now
        return True

    def begin(self, error: Exception) -> None:
        self.tried_at = time.monotonic()
        if self.since is None:
            self.since = self.tried_at
            logger.error("The shared cache is away; limits are counted by process: %s", error)

    def end(self) -> None:
        if self.since is not None:
            seconds, self.since = time.monotonic() - self.since, None
            logger.warning("The shared cache answers again, after %.0f seconds", seconds)


outages: dict[str, Outage] = {}


class SharedCache(BaseCache):
    """Redis, or while that doesn't answer within `WAIT_SECONDS`, the memory of this process."""

    def __init__(self, server: str, params: dict[str, Any]):
        super().__init__(params)
        bounds = {
            "socket_timeout": WAIT_SECONDS,
            "socket_connect_timeout": WAIT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        options = {**bounds, **params.get("OPTIONS", {})}
        self.shared = RedisCache(server, {**params, "OPTIONS": options})
        self.own = LocMemCache("while-redis-is-away", {})
        self.outage = outages.setdefault(server, Outage())

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        if self.outage.is_to_be_tried():
            try:
                answer = getattr(self.shared, operation)(*args, **kwargs)
            except AWAY as error:
                self.outage.begin(error)
            else:
                self.outage.end()
                return answer
        return getattr(self.own, operation)(*args, **kwargs)

    def answers(self) -> bool:
        self.ask("get", "does-it-answer")
        return self.outage.since is None


def forwarding(operation: str) -> Callable[..., Any]:
    def forwarded(self: SharedCache, *args: Any, **kwargs: Any) -> Any:
        return self.ask(operation, *args, **kwargs)

    return forwarded


for each in OPERATIONS:
    setattr(SharedCache, each, forwarding(each))
