"""How far a command is: a bar at a terminal, else nothing but what it says itself."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


def meters_for(verbosity: int) -> Any:
    """Makes a meter of a part: `with meters("documents", "file") as meter: meter(1)`."""
    is_shown = verbosity > 0 and sys.stderr.isatty()

    @contextmanager
    def meters(part: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], object]]:
        in_bytes = unit == "B"
        with tqdm(
            desc=part,
            unit=unit,
            unit_scale=in_bytes,
            total=total,
            file=sys.stderr,
            disable=not is_shown,
        ) as bar:
            yield bar.update

    return meters
