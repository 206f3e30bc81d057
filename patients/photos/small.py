"""The small copies of stored photos: shown wherever a small picture is."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.files.storage import storages

from patients.photos.process import DECODING


def small_photo(name: str) -> bytes:
    """The small copy of a stored photo, a JPEG; of one stored before there were any, it is made
    now and kept. Empty where none can be made."""
    storage: Any = storages["documents"]
    with suppress(FileNotFoundError):
        return storage.read_small(name)
    with storage.open(name) as file:
        content = file.read()
    _, _, small = DECODING.decode(content, max_pixels=settings.MAX_PHOTO_PIXELS, min_side=1)
    if small:
        storage.save_small(name, small)
    return small
