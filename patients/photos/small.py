"""A small copy of a photo that was cleaned, to be recognized by."""

from io import BytesIO

from PIL import Image

from patients.photos import CleanPhoto

LONGEST_SIDE = 360  # Pixels.


def small_copy(photo: CleanPhoto) -> bytes:
    """A JPEG of a few kilobytes."""
    with Image.open(BytesIO(photo.content)) as image:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # Of a JPEG, no more is decoded.
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        small = BytesIO()
        image.convert("RGB").save(small, "JPEG", quality=70)
    return small.getvalue()
