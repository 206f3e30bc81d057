"""Photos that would cost much: what is refused, and what the others cost."""

import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image

from patients.photos import clean_photo
from patients.photos.jpeg import Jpeg
from patients.photos.png import Png
from patients.tests import photos
from patients.tests.photos import UPRIGHT, chunk, corners, encoded, jpeg, picture

TOO_MANY_PIXELS = "The photo has too many pixels. At most 40 megapixels are allowed"
PROGRESSIVE = "The photo is a progressive JPEG with too many pixels."
DAMAGED = "The photo is damaged or incomplete."
FULL = encoded(picture(), "JPEG", subsampling=0, progressive=True)
SMALL_PNG = encoded(picture(), "PNG")

REFUSED = {
    "JPEG of 4,290 megapixels": (lambda: photos.with_size(jpeg(), 65_500, 65_500), TOO_MANY_PIXELS),
    "JPEG of a pixel too many": (lambda: photos.with_size(jpeg(), 8_000, 5_001), TOO_MANY_PIXELS),
    "PNG of 100 megapixels": (lambda: photos.plain_png(10_000, 10_000, color=0), TOO_MANY_PIXELS),
    "PNG of one long row": (lambda: photos.plain_png(39_000_000, 1, color=0), TOO_MANY_PIXELS),
    "PNG of 2^31 pixels": (lambda: photos.png(2**31 - 1, 2**31 - 1, 8, 2, b""), TOO_MANY_PIXELS),
    "progressive 4:4:4": (lambda: photos.with_size(FULL, 8_000, 5_000), PROGRESSIVE),
    "800 scans": (
        lambda: photos.with_scans(photos.with_size(FULL, 2_000, 1_000), 800),
        PROGRESSIVE,
    ),
    "90,000 scans": (lambda: photos.with_scans(FULL, 90_000)[: 5 * 2**20], DAMAGED),
    "a million comments": (lambda: jpeg()[:2] + b"\xff\xfe\0\2" * 1_000_000 + jpeg()[2:], DAMAGED),
    "5 MB of markers": (lambda: jpeg()[:-2] + b"\xff" * 5_000_000, DAMAGED),
    "400,000 chunks": (
        lambda: SMALL_PNG[:33] + chunk(b"tEXt", b"") * 400_000 + SMALL_PNG[33:],
        DAMAGED,
    ),
}  # fmt: skip
TAKEN = {
    "JPEG of 40 megapixels": (lambda: encoded(picture(8_000, 5_000), "JPEG"), (4_000, 2_500)),
    "progressive, 40 megapixels": (
        lambda: encoded(picture(8_000, 5_000), "JPEG", progressive=True),
        (2_000, 1_250),
    ),
    "turned JPEG of 16 megapixels": (
        lambda: encoded(picture(4_000, 4_000), "JPEG", exif=photos.exif(6)),
        (4_000, 4_000),
    ),
    "JPEG with tags of 300 MB": (
        lambda: photos.with_segment(jpeg(), 0xE1, photos.exif_bomb()),
        (64, 48),
    ),
    "PNG with texts of 3 GB": (
        lambda: (
            SMALL_PNG[:33]
            + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20), 9)) * 3_000
            + SMALL_PNG[33:]
        ),
        (64, 48),
    ),
    "PNG with rows of 256 MB": (
        lambda: photos.png(100, 100, 8, 2, zlib.compress(bytes(2**28), 1)),
        (100, 100),
    ),
    "RGBA of 16 megapixels": (lambda: photos.plain_png(4_000, 4_000, color=6), (4_000, 4_000)),
    "RGBA of 40 megapixels": (lambda: photos.plain_png(8_000, 5_000, color=6), (4_000, 2_500)),
    "interlaced RGB of 40": (lambda: photos.plain_png(8_000, 5_000, 8, 2, 1), (4_000, 2_500)),
    "16-bit grey of 40": (lambda: photos.plain_png(8_000, 5_000, 16, 0), (4_000, 2_500)),
    "palette of 40 megapixels": (lambda: photos.plain_png(8_000, 5_000, color=3), (4_000, 2_500)),
}

# What a process of its own says: the answer, and by how many bytes it grew at most.
PROBE = """
import sys
from django.conf import settings
settings.configure(MAX_PHOTO_BYTES={bytes}, MAX_PHOTO_PIXELS={pixels}, USE_I18N=False)
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from patients.photos import clean_photo

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))

upload = ContentFile(sys.stdin.buffer.read())
before = memory("VmRSS:")
try:
    photo = clean_photo(upload)
    answer = (photo.width, photo.height)
except ValidationError as error:
    answer = error.messages[0]
print(memory("VmHWM:") - before, answer)
"""


def probe(content: bytes) -> tuple[int, str]:
    script = PROBE.format(bytes=settings.MAX_PHOTO_BYTES, pixels=settings.MAX_PHOTO_PIXELS)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        input=content,
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
    )
    grown, answer = done.stdout.decode().split(" ", 1)
    return int(grown), answer.strip()


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc"
)


@needs_proc
@pytest.mark.parametrize("name", REFUSED)
def test_what_would_cost_too_much_is_refused_at_once(name):
    make, sentence = REFUSED[name]
    content = make()
    assert len(content) <= settings.MAX_PHOTO_BYTES

    grown, answer = probe(content)

    assert answer.startswith(sentence)
    assert grown < 30_000_000


@needs_proc
@pytest.mark.parametrize("name", TAKEN)
def test_a_legal_photo_takes_no_more_than_150_megabytes(name):
    make, size = TAKEN[name]
    content = make()
    assert len(content) <= settings.MAX_PHOTO_BYTES

    grown, answer = probe(content)

    assert answer == str(size)
    assert grown < 150_000_000


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize(
    ("depth", "color"),
    [(1, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (4, 3), (8, 3), (8, 4), (8, 6), (16, 6)],
)
def test_a_large_png_is_halved_in_bands_as_it_would_be_in_one_piece(depth, color, interlaced):
    content = photos.noisy_png(2_999, 701, depth, color, interlaced)

    whole = Png.parse(content).decode(10_000_000)
    halved = Png.parse(content).decode(1_000_000)

    if interlaced and color not in (0, 3):  # Every second row.
        odd = whole.resize((2_999, 350), Image.Resampling.NEAREST, box=(0, 0, 2_999, 700))
        expected = odd.reduce((2, 1))
    else:
        expected = whole.reduce(2)
    assert (halved.mode, halved.size) == (expected.mode, expected.size)
    assert halved.tobytes() == expected.tobytes()


@pytest.mark.parametrize("depth", [8, 16])
def test_a_large_png_with_missing_rows_is_refused(depth):
    content = photos.noisy_png(1_000, 2_000, depth, 6)
    longer = content.replace(struct.pack(">II", 1_000, 2_000), struct.pack(">II", 1_000, 2_001))
    (checksum,) = struct.unpack_from(">I", longer, 29)
    assert checksum != zlib.crc32(longer[12:29])
    longer = longer[:29] + struct.pack(">I", zlib.crc32(longer[12:29])) + longer[33:]

    with pytest.raises(ValueError, match="rows are missing"):
        Png.parse(longer).decode(1_000_000)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_large_jpeg_is_halved(options):
    content = encoded(picture(641, 481), "JPEG", **options)

    image = Jpeg.parse(content).decode(100_000)

    assert image.size == (321, 241)
    assert corners(image) == UPRIGHT


def test_forty_megapixels_pass_and_no_pixel_more(settings):
    settings.MAX_PHOTO_PIXELS = 64 * 48
    assert clean_photo(ContentFile(jpeg(64, 48))).width == 64

    with pytest.raises(ValidationError, match="too many pixels"):
        clean_photo(ContentFile(jpeg(64, 49)))


def test_many_photos_at_once_take_turns():
    contents = [ContentFile(jpeg(600 + n, 400)) for n in range(12)]

    with ThreadPoolExecutor(6) as threads:
        widths = [photo.width for photo in threads.map(clean_photo, contents)]

    assert widths == list(range(600, 612))


def test_a_large_png_of_an_unknown_depth_is_refused():
    with pytest.raises(ValueError, match="no such depth"):
        Png.parse(photos.plain_png(200, 100, depth=4)).decode(10_000)
