import random
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image

from patients.photos import CleanPhoto, clean_photo
from patients.tests import photos
from patients.tests.photos import UPRIGHT, chunk, corners, encoded, picture, upload

MEBIBYTE = 2**20
DAMAGED = "The photo is damaged or incomplete. Please take it again or send another one."
WRONG_TYPE = "The photo must be a JPEG or PNG image."
JPEG, PROGRESSIVE = encoded(picture(), "JPEG"), encoded(picture(), "JPEG", progressive=True)
PNG = encoded(picture(), "PNG")
TEXT = chunk(b"tEXt", b"Comment\0secret description")
SENT = {"JPEG": JPEG, "progressive": PROGRESSIVE, "PNG": PNG}


@pytest.fixture(autouse=True)
def _small_photos(settings):
    settings.MIN_PHOTO_SIDE = 1


def clean(content: bytes) -> CleanPhoto:
    return clean_photo(ContentFile(content))


def opened(photo: CleanPhoto) -> Image.Image:
    image = Image.open(BytesIO(photo.content))
    image.load()
    return image


def refusal(content: bytes) -> str:
    with pytest.raises(ValidationError) as refused:
        clean(content)
    return refused.value.message


@pytest.mark.parametrize(("width", "height"), [(600, 1), (1, 600), (640, 480)])
def test_a_longer_side_of_600_pixels_is_enough(settings, width, height):
    settings.MIN_PHOTO_SIDE = 600

    assert clean(photos.jpeg(width, height)).width == width


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_that_is_too_small_to_read_is_refused(settings, kind):
    settings.MIN_PHOTO_SIDE = 600

    with pytest.raises(ValidationError) as refused:
        clean(encoded(picture(599, 599), kind))

    assert refused.value.messages == [
        "The photo is too small to read. Its longer side must have at least 600 pixels."
    ]


@pytest.mark.parametrize("name", SENT)
def test_a_photo_keeps_its_format_its_size_and_its_picture(name):
    photo = clean(SENT[name])

    image = opened(photo)
    assert photo.content_type == ("image/png" if name == "PNG" else "image/jpeg")
    assert (photo.width, photo.height) == image.size == (64, 48)
    assert corners(image) == UPRIGHT


def test_the_content_tells_the_type_not_the_name():
    assert clean_photo(upload(PNG, "id.jpg")).content_type == "image/png"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "WEBP", "TIFF", "AVIF", "ICO", "PPM", "JPEG2000"])
def test_other_image_formats_are_refused(kind):
    assert refusal(encoded(picture(), kind)) == WRONG_TYPE


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"\0\0\0\x18ftypheic\0\0\0\0heicmif1",
        b"GIF89a" + JPEG,
        b"\0" + PNG,
        b"\xff\xd8",
        b"\x89PNG",
        b"x",
    ],
)
def test_other_files_are_refused(content):
    assert refusal(content) == WRONG_TYPE


def test_an_empty_file_is_refused():
    assert refusal(b"") == "The file of the photo is empty."


@pytest.mark.parametrize("content", [JPEG, PNG])
def test_five_mebibytes_pass(content):
    assert corners(opened(clean(content.ljust(5 * MEBIBYTE, b"\0")))) == UPRIGHT


@pytest.mark.parametrize("size", [5 * MEBIBYTE + 1, 30 * MEBIBYTE])
def test_more_bytes_are_too_large(size):
    with pytest.raises(ValidationError) as refused:
        clean(JPEG.ljust(size, b"\0"))

    assert refused.value.code == "payload_too_large"
    assert refused.value.messages[0] == "The photo has more than 5 MB. Please send a smaller one."


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("name", SENT)
def test_a_photo_that_is_cut_off_is_refused(name, share):
    content = SENT[name]

    assert refusal(content[: int(len(content) * share)]) == DAMAGED
    assert refusal(content[:-1]) == DAMAGED


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"tEXt", b"IEND"])
def test_a_png_with_a_wrong_checksum_is_refused(name):
    content = bytearray(photos.png(4, 4, 8, 0, zlib.compress(bytes(20)), before=TEXT))
    at = content.index(name)
    (length,) = struct.unpack_from(">I", content, at - 4)
    content[at + 4 + length] ^= 1

    assert refusal(bytes(content)) == DAMAGED


@pytest.mark.parametrize(
    "content",
    [
        photos.png(4, 4, 8, 0, zlib.compress(b"\x09" * 20)),  # No such filter.
        photos.png(4, 4, 3, 0, zlib.compress(bytes(20))),  # No such depth.
        photos.png(4, 4, 8, 5, zlib.compress(bytes(20))),  # No such colour.
        photos.png(4, 4, 8, 0, b""),
        photos.png(4, 4, 8, 0, b"nothing that was ever deflated"),
        photos.png(0, 4, 8, 0, zlib.compress(bytes(20))),
        PNG.replace(b"IHDR", b"IHDX"),
        photos.with_size(JPEG, 0, 48),
        photos.with_size(JPEG, 64, 0),
        JPEG.replace(b"\xff\xc0", b"\xff\xc3"),  # Lossless.
        JPEG.replace(b"\xff\xdb", b"\xff\xfe"),  # No quantization tables.
        JPEG.replace(b"\xff\xda", b"\xff\xfe"),  # No picture.
        JPEG.replace(b"\xff\xc0", JPEG[JPEG.find(b"\xff\xc0") :][:19] + b"\xff\xc0"),
    ],
)
def test_a_broken_photo_is_refused(content):
    assert refusal(content) == DAMAGED


@pytest.mark.parametrize("name", SENT)
def test_a_photo_with_wrong_bytes_is_taken_or_refused(name):
    chance = random.Random(name)
    for _ in range(150):
        content = bytearray(SENT[name])
        for _ in range(3):
            content[chance.randrange(3, len(content))] = chance.randrange(256)
        with suppress(ValidationError):
            clean(bytes(content))


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_jpeg_in_other_colours(mode):
    image = opened(clean(encoded(picture(mode=mode), "JPEG")))

    assert image.mode == ("L" if mode == "L" else "RGB")
    expected = picture(mode=mode).convert("RGB")
    assert corners(image) == corners(expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_a_png_in_other_colours(mode):
    image = opened(clean(encoded(picture(mode=mode), "PNG")))

    assert image.mode == ("L" if mode in ("1", "L") else "RGB")
    assert corners(image) == corners(picture(mode=mode))


@pytest.mark.parametrize(
    ("depth", "color", "row", "expected"),
    [
        (16, 0, "0000 80ff ffff 1234", [0, 128, 255, 18]),
        (16, 2, "8000ffff0001 000000000000", [(128, 255, 0), (0, 0, 0)]),
        (16, 4, "8000ffff 00000000", [(128,) * 3, (255,) * 3]),
        (16, 6, "8000ffff0000ffff 0000000000000000", [(128, 255, 0), (255, 255, 255)]),
        (4, 0, "08f0", [0, 136, 255, 0]),
        (2, 0, "1b", [0, 85, 170, 255]),
    ],
)
def test_samples_of_other_depths(depth, color, row, expected):
    data = zlib.compress(b"\0" + bytes.fromhex(row))

    image = opened(clean(photos.png(len(expected), 1, depth, color, data)))

    assert [image.getpixel((x, 0)) for x in range(len(expected))] == expected


def test_what_is_transparent_becomes_white():
    red = picture().convert("P", palette=Image.Palette.ADAPTIVE)
    transparent = encoded(red, "PNG", transparency=red.getpixel((0, 0)))
    half = encoded(Image.new("RGBA", (64, 48), (255, 0, 0, 128)), "PNG")

    assert corners(opened(clean(transparent))) == [(1, 1, 1), *UPRIGHT[1:]]
    assert opened(clean(half)).getpixel((5, 5)) == (255, 127, 127)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", photos.TURNED)
def test_a_turned_photo_is_set_upright(orientation, kind):
    photo = clean(photos.turned(orientation, kind))

    assert (photo.width, photo.height) == (64, 48)
    assert corners(opened(photo)) == UPRIGHT


@pytest.mark.parametrize(
    "exif", [b"", b"MM", b"MM\0*\0\0\0\x08\xff\xff", b"II*\0\xff\xff\xff\xff", photos.exif(9)]
)
def test_broken_exif_leaves_the_photo_as_it_is(exif):
    content = photos.with_segment(JPEG, 0xE1, b"Exif\0\0" + exif.removeprefix(b"Exif\0\0"))

    assert corners(opened(clean(content))) == UPRIGHT


SECRETS = {
    "exif": photos.with_segment(JPEG, 0xE1, photos.exif()),
    "xmp": photos.with_segment(JPEG, 0xE1, b"http://ns.adobe.com/xap/1.0/\0secret description"),
    "comment": photos.with_segment(JPEG, 0xFE, b"secret description"),
    "icc": photos.with_segment(JPEG, 0xE2, b"ICC_PROFILE\0\1\1secret description"),
    "photoshop": photos.with_segment(JPEG, 0xED, b"Photoshop 3.0\0secret description"),
    "behind a JPEG": JPEG + b"<?php secret description",
    "png exif": encoded(picture(), "PNG", exif=photos.exif()),
    "png icc": encoded(picture(), "PNG", icc_profile=b"secret description"),
    "png text": PNG[:33] + TEXT + PNG[33:],
    "png text behind": PNG[:-12] + TEXT + PNG[-12:],
    "png time": PNG[:33] + chunk(b"tIME", bytes([7, 230, 1, 1, 1, 1, 1])) + PNG[33:],
    "behind a PNG": PNG + b"PK\3\4secret description",
}


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_but_the_picture_is_kept(name):
    photo = clean(SECRETS[name])

    image = opened(photo)
    assert corners(image) == UPRIGHT
    assert b"secret" not in photo.content
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert photo.content == clean(PNG if image.format == "PNG" else JPEG).content


def test_the_first_picture_of_several_is_kept():
    black = Image.new("RGB", (64, 48))
    animated = encoded(picture(), "PNG", save_all=True, append_images=[black])

    for content in (photos.mpo(), animated):
        image = opened(clean(content))
        assert corners(image) == UPRIGHT
        assert getattr(image, "n_frames", 1) == 1
    assert clean(photos.mpo()).content_type == "image/jpeg"
