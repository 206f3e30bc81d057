"""What becomes of a photo of an identity document before it is kept.

Anybody can send one, so nothing of it reaches Pillow that was not looked at first: the marks
that hold a file together are read here, what is too much is refused, and a minimal file with
nothing but the picture is what is decoded. Metadata is never parsed, nor can it get through.
"""

import struct
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext_lazy as _
from PIL import Image
from PIL.Image import Transpose

from patients.photos.jpeg import Jpeg
from patients.photos.png import Png

TOO_LARGE = "payload_too_large"
MAX_SIDE = 65_535  # Pixels: what a JPEG can hold.
# Kept and decoded at full size up to here; a larger one is kept at half its width and height.
WHOLE_PIXELS = 16_000_000
# More would only take turns on the processors, and keep more pictures in memory.
DECODERS = BoundedSemaphore(2)

EXIF_PREFIX = b"Exif\0\0"  # In every JPEG, and in the PNG files of some programs.
ORIENTATION = 0x0112  # The tag of Exif, from 1 to 8.
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class CleanPhoto:
    """An image that was decoded whole and encoded anew. Only `clean_photo()` makes one."""

    content: bytes
    content_type: str
    width: int
    height: int


def clean_photo(upload: File) -> CleanPhoto:
    """Check the file by its content and return it upright and without its metadata.

    A photo of more than 16 megapixels comes back at half its width and height, decoded so that
    it never fills more than about 150 MB. Grey stays grey, everything else becomes RGB, what is
    transparent white. Of several frames it is the first. Two photos are decoded at a time.
    Raises ValidationError, with the code `payload_too_large` where it has too many bytes.
    """
    content = read(upload)
    kind = next((kind for kind in (Jpeg, Png) if content.startswith(kind.SIGNATURE)), None)
    if kind is None:
        raise ValidationError(_("The photo must be a JPEG or PNG image."), code="invalid_image")
    try:
        photo = kind.parse(content)
        check_size(photo.width, photo.height)
        with DECODERS:
            image = upright(photo.decode(WHOLE_PIXELS), photo.exif)
            return encoded(image, kind)
    except ValidationError:
        raise
    except Exception as error:  # Whatever a broken file leads to, its sender must hear of it.
        raise ValidationError(
            _("The photo is damaged or incomplete. Please take it again or send another one."),
            code="invalid_image",
        ) from error


def read(upload: File) -> bytes:
    limit = settings.MAX_PHOTO_BYTES
    upload.seek(0)
    content = upload.read(limit + 1)
    if not content:
        raise ValidationError(_("The file of the photo is empty."), code="empty")
    if len(content) > limit:
        raise ValidationError(
            _("The photo has more than %(limit)s MB. Please send a smaller one."),
            code=TOO_LARGE,
            params={"limit": limit // 2**20},
        )
    return content


def check_size(width: int, height: int) -> None:
    if min(width, height) < 1:
        raise ValueError("no pixels")
    if width * height > settings.MAX_PHOTO_PIXELS or max(width, height) > MAX_SIDE:
        raise ValidationError(
            _(
                "The photo has too many pixels. At most %(pixels)s "
                "megapixels are allowed, and %(side)s in width or height."
            ),
            code="invalid_image",
            params={"pixels": settings.MAX_PHOTO_PIXELS // 1_000_000, "side": f"{MAX_SIDE:,}"},
        )


def upright(image: Image.Image, exif: bytes) -> Image.Image:
    method = UPRIGHT.get(orientation(exif))
    return image if method is None else image.transpose(method)


def orientation(exif: bytes) -> int:
    """The value of the one tag that matters, from the first directory of a TIFF structure.

    Pillow would read every tag, and a few kilobytes can name tags of gigabytes.
    """
    exif = exif.removeprefix(EXIF_PREFIX)
    order = ">" if exif.startswith(b"MM") else "<"
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for entry in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, _type, _count, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if tag == ORIENTATION:
                return value
    except struct.error:  # A photo is no worse for it.
        pass
    return 1


def encoded(image: Image.Image, kind: type[Jpeg | Png]) -> CleanPhoto:
    image.info.clear()  # Pillow writes some of it: comments, profiles, transparency.
    file = BytesIO()
    image.save(file, **kind.SAVE)
    return CleanPhoto(file.getvalue(), kind.CONTENT_TYPE, image.width, image.height)
