"""Bodies are read as they come, within limits of time and size, before a thread is taken."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from clinic.api.circumstances import LATER, SOON, log_circumstance
from clinic.api.errors import Problem, of_circumstances

IN_MEMORY = 256 * 1024  # Bytes of a body; what is larger becomes a temporary file.
# Bodies that one process reads at once, and how many of them come from one network.
AT_ONCE, AT_ONCE_BY_NETWORK = 256, 32
DRAINED = 100 * 1024 * 1024  # So much of what is too large is read away: the sender sees why.


@dataclass(frozen=True)
class Pace:
    """How quick a body must be. `seconds` pass at most until its first byte; from then on no less
    than `least` bytes a second may come on average, and `usual` once the first minute is over."""

    seconds: float = 10
    least: int = 1024
    usual: int = 10 * 1024

    def seconds_for(self, received: int) -> float:
        """When, since the headers, more must have come."""
        return min(self.seconds + received / self.least, 6 * self.seconds + received / self.usual)


class Bodies:
    """Those that one process is reading."""

    def __init__(self, pace: Pace, most: int):
        self.pace, self.most = pace, most
        self.by_network: Counter[str] = Counter()

    @contextmanager
    def counted(self, network: str) -> Iterator[None]:
        """Raises Problem where so many are being read that another must wait."""
        if self.by_network.total() >= AT_ONCE or self.by_network[network] >= AT_ONCE_BY_NETWORK:
            raise Problem(503, headers={"Retry-After": SOON})
        self.by_network[network] += 1
        try:
            yield
        finally:
            self.by_network[network] -= 1
            if not self.by_network[network]:
                del self.by_network[network]

    async def read(self, proto: Any, announced: int | None) -> tuple[Any, int]:
        """The body as a file, and its bytes. One that is larger than it may be is read away; its
        file is empty, and its bytes are more than the limit.

        Raises Problem: 408 for one that comes too slowly, 507 where the disk is full.
        """
        began, received, chunks = time.monotonic(), 0, proto.__aiter__()
        kept = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        try:
            while announced is None or received < announced:
                until = began + self.pace.seconds_for(received)
                async with asyncio.timeout(until - time.monotonic()):
                    try:
                        chunk = await chunks.__anext__()
                    except StopAsyncIteration:
                        break
                received += len(chunk)
                if max(received, announced or 0) <= self.most:
                    kept.write(chunk)
                elif received > DRAINED:
                    break
        except TimeoutError as error:
            kept.close()
            raise Problem(408, headers={"Connection": "close"}) from error
        except OSError as error:
            kept.close()
            log_circumstance(error)
            raise of_circumstances(error) or Problem(503, headers={"Retry-After": LATER}) from error
        if announced is not None and received < min(announced, DRAINED):
            kept.close()
            raise ConnectionError("The sender has gone.")
        size = max(received, announced or 0)
        if size > self.most:
            kept.seek(0)
            kept.truncate()
        kept.seek(0)
        return kept, size
