"""Photos to send in tests, good ones and bad ones."""

import random
import struct
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.Image import Transpose

CORNERS = ["red", "lime", "blue", "white"]  # Top left, top right, bottom left, bottom right.
UPRIGHT = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)]
# How an upright picture is turned to be stored with this orientation in its Exif.
TURNED = {
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2)]
PASSES += [(0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # Of a PNG's colour types.


def jpeg(width: int = 640, height: int = 480) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "steelblue").save(file, "JPEG")
    return file.getvalue()


def upload(content: bytes | None = None, name: str = "id.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or jpeg(), "image/jpeg")


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Four plain corners, see CORNERS."""
    image = Image.new("RGB", (2, 2))
    for index, name in enumerate(CORNERS):
        image.paste(name, (index % 2, index // 2, index % 2 + 1, index // 2 + 1))
    return image.resize((width, height), Image.Resampling.NEAREST).convert(mode)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """What is in the corners, rounded to what survives a JPEG: UPRIGHT for `picture()`."""
    right, bottom = image.width - 4, image.height - 4
    return [
        tuple(round(value / 255) for value in image.convert("RGB").getpixel(place))
        for place in [(4, 4), (right, 4), (4, bottom), (right, bottom)]
    ]


def exif(orientation: int = 1) -> bytes:
    """Exif with an orientation and a place."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = "secret description"
    tags.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 17.0)})
    return tags.tobytes()


def turned(orientation: int, kind: str) -> bytes:
    """`picture()` as a camera stores it that was held in this way."""
    image = picture()
    if TURNED[orientation] is not None:
        image = image.transpose(TURNED[orientation])
    return encoded(image, kind, exif=exif(orientation))


def mpo() -> bytes:
    second = Image.new("RGB", (64, 48), "black")
    return encoded(picture(), "MPO", save_all=True, append_images=[second])


def with_segment(content: bytes, marker: int, data: bytes) -> bytes:
    """A JPEG with one more segment in front."""
    segment = struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
    return content[:2] + segment + content[2:]


def with_size(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header says so."""
    at = max(content.find(b"\xff\xc0"), content.find(b"\xff\xc2")) + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def with_scans(content: bytes, count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    last = content[content.rfind(b"\xff\xda") : -2]
    return content[:-2] + last * count + b"\xff\xd9"


def exif_bomb() -> bytes:
    """Exif of 60 kB that names 300 MB of tags."""
    tags = b"".join(struct.pack(">HHII", 0x1000 + n, 7, 60_000, 0) for n in range(5_000))
    return b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", 5_000) + tags


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, color: int, data: bytes, **parts) -> bytes:
    """A PNG of these rows, packed already. `parts`: interlaced, before (chunks), after."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, parts.get("interlaced", 0))
    before = parts.get("before", b"")
    if color == 3:
        before += chunk(b"PLTE", random.Random(1).randbytes(3 << depth))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + before
        + chunk(b"IDAT", data)
        + parts.get("after", b"")
        + chunk(b"IEND", b"")
    )


def plain_png(
    width: int, height: int, depth: int = 8, color: int = 2, interlaced: int = 0
) -> bytes:
    """A small file, whatever its size in pixels."""
    packer = zlib.compressobj(6)
    data = b""
    for columns, rows in passes(width, height, interlaced):
        row = bytes(1 + (columns * CHANNELS[color] * depth + 7) // 8)
        data += b"".join(packer.compress(row) for _ in range(rows))
    return png(width, height, depth, color, data + packer.flush(), interlaced=interlaced)


def noisy_png(width: int, height: int, depth: int, color: int, interlaced: int = 0) -> bytes:
    """Random bytes under random filters: every one of them makes a picture."""
    noise = random.Random(2)
    data = []
    for columns, rows in passes(width, height, interlaced):
        size = (columns * CHANNELS[color] * depth + 7) // 8
        data += [bytes([noise.randrange(5)]) + noise.randbytes(size) for _ in range(rows)]
    return png(width, height, depth, color, zlib.compress(b"".join(data), 1), interlaced=interlaced)


def passes(width: int, height: int, interlaced: int) -> list[tuple[int, int]]:
    """Columns and rows of each pass."""
    grids = PASSES if interlaced else [(0, 0, 1, 1)]
    sizes = [(len(range(x, width, dx)), len(range(y, height, dy))) for x, y, dx, dy in grids]
    return [(columns, rows) for columns, rows in sizes if columns]
