"""Can documents be stored?"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

LEAST_BYTES = 64 * 1024 * 1024  # A photo has 5 MB at most, and more than one may be on its way.


@dataclass(frozen=True)
class Disk:
    size_bytes: int
    free_bytes: int
    is_writable: bool

    @property
    def is_well(self) -> bool:
        return self.is_writable and self.free_bytes >= LEAST_BYTES


def disk(directory: Path | None = None) -> Disk:
    """That on which the clinic writes; the folder above where nobody has written yet."""
    place = directory or settings.VAR_DIR
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        usage = shutil.disk_usage(place)
    except OSError:
        return Disk(0, 0, is_writable=False)
    return Disk(usage.total, usage.free, is_writable=os.access(place, os.W_OK))
