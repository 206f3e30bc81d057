"""The photo of a registration that was refused: kept for an hour, so that it isn't chosen twice.

What is kept was cleaned. It is stored encrypted under a random name, which only a signed token
in the page of whoever sent it tells.
"""

import base64
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from clinic.encryption import Unreadable
from clinic.storage import KEPT_PHOTOS
from patients.photos import CleanPhoto
from patients.photos.small import small_photo
from patients.tasks import PHOTO_KEPT_FOR

SALT = "patients.kept_photo"


@dataclass(frozen=True)
class KeptPhoto:
    token: str
    name: str
    photo: CleanPhoto

    @cached_property
    def small(self) -> str:
        """A small copy as a `data:` address: it needs no door of its own."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.photo.small).decode()}"


def keep_photo(photo: CleanPhoto) -> KeptPhoto:
    storage: Any = storages["documents"]
    name = storage.save(f"{KEPT_PHOTOS}/{uuid4().hex}", ContentFile(photo.content))
    storage.save_small(name, photo.small)
    told = [name, photo.content_type, photo.width, photo.height]
    return KeptPhoto(signing.dumps(told, salt=SALT), name, photo)


def find_photo(token: str) -> KeptPhoto | None:
    """The photo of this token; None where there is none, or none any more."""
    with suppress(signing.BadSignature, FileNotFoundError, Unreadable):
        name, kind, width, height = signing.loads(token, salt=SALT, max_age=PHOTO_KEPT_FOR)
        with storages["documents"].open(name) as file:
            photo = CleanPhoto(file.read(), kind, width, height, small_photo(name))
        return KeptPhoto(token, name, photo)
    return None


def forget_photo(kept: KeptPhoto) -> None:
    storages["documents"].delete(kept.name)
