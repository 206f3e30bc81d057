"""What becomes of a photo of an identity document before it is kept."""

from dataclasses import dataclass

from django.core.files.base import File


@dataclass(frozen=True)
class CleanPhoto:
    """An image that was decoded whole and encoded anew. Only `clean_photo()` makes one."""

    content: bytes
    content_type: str
    width: int
    height: int


def clean_photo(upload: File) -> CleanPhoto:
    """Check the file by its content and return it upright and without its metadata.

    Raises ValidationError, with the code `payload_too_large` where it has too many bytes.
    """
    raise NotImplementedError
