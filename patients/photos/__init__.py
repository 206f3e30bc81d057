"""What becomes of a photo of an identity document before it is kept."""

from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.errors import UNAVAILABLE
from patients.photos.decoder import MAX_SIDE, kind_of
from patients.photos.process import DECODING

TOO_LARGE = "payload_too_large"
TOO_SMALL = format_lazy(
    _("The photo is too small to read. Its longer side must have at least {least} pixels."),
    least=settings.MIN_PHOTO_SIDE,
)
REFUSALS = {
    "too_many_pixels": _(
        "The photo has too many pixels. At most %(pixels)s "
        "megapixels are allowed, and %(side)s in width or height."
    ),
    "too_few_pixels": TOO_SMALL,
    "too_heavy": _(
        "The photo takes too much to open. Please take it again, or save it as a standard JPEG."
    ),
    "busy": _(
        "Many photos are being checked just now, so yours wasn't. Please send it again in a moment."
    ),
    "damaged": _("The photo is damaged or incomplete. Please take it again or send another one."),
}


@dataclass(frozen=True)
class CleanPhoto:
    """An image that was decoded whole and encoded anew. Only `clean_photo()` makes one."""

    content: bytes
    content_type: str
    width: int
    height: int
    small: bytes  # A JPEG of at most 480 pixels.


def clean_photo(upload: File) -> CleanPhoto:
    """Check the file by its content and return it upright and without its metadata.

    See `decoder.decode()` for what it is turned into. Raises ValidationError, with the code
    `payload_too_large` where it has too many bytes, and `unavailable` where too many came at once.
    """
    content = read_upload(upload)
    kind = kind_of(content)
    if kind is None:
        raise ValidationError(_("The photo must be a JPEG or PNG image."), code="invalid_image")
    told, photo, small = DECODING.decode(
        content, max_pixels=settings.MAX_PHOTO_PIXELS, min_side=settings.MIN_PHOTO_SIDE
    )
    if "refused" in told:
        why = told["refused"]
        raise ValidationError(
            REFUSALS[why],
            code=UNAVAILABLE if why == "busy" else "invalid_image",
            params={
                "pixels": settings.MAX_PHOTO_PIXELS // 1_000_000,
                "side": f"{MAX_SIDE:,}",
            },
        )
    return CleanPhoto(photo, f"image/{kind.lower()}", told["width"], told["height"], small)


def read_upload(upload: File) -> bytes:
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
