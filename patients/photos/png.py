"""Reading a PNG file, as the W3C's specification describes it."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar, Self

from PIL import Image

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
MODES = {RGB: "RGB", GREY_ALPHA: "LA", RGB_ALPHA: "RGBA"}
# Where the passes of an interlaced picture start, and how far apart their pixels are: x, y.
PASSES = [
    ((0, 0), (8, 8)), ((4, 0), (8, 8)), ((0, 4), (4, 8)), ((2, 0), (4, 4)),
    ((0, 2), (2, 4)), ((1, 0), (2, 2)), ((0, 1), (1, 2)),
]  # fmt: skip
MAX_CHUNKS = 100_000
BAND_PIXELS = 1_000_000
BLOCK = 65_536  # Bytes.


@dataclass
class Png:
    """The parts of a PNG file (the first picture of an APNG file) that make up the picture."""

    SIGNATURE: ClassVar = b"\x89PNG\r\n\x1a\n"
    CONTENT_TYPE: ClassVar = "image/png"
    SAVE: ClassVar[dict[str, Any]] = {"format": "PNG", "compress_level": 3}

    header: bytes
    palette: bytes
    transparency: bytes
    data: bytes
    exif: bytes

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Raises ValueError, or another exception, where the file is broken."""
        found: dict[bytes, list[bytes]] = {}
        for name, data in chunks(content):
            found.setdefault(name, []).append(data)
        names = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"eXIf")
        return cls(*(b"".join(found.get(name, ())) for name in names))

    def __post_init__(self):
        (
            self.width, self.height, self.depth, self.color, _compression, _filter, self.interlaced
        ) = struct.unpack(">IIBBBBB", self.header)  # fmt: skip

    def decode(self, whole_pixels: int) -> Image.Image:
        """An image in RGB or L, at half its size if it has more than so many pixels.

        Pillow takes 4 bytes for a pixel of colour, so that a large picture is decoded and
        halved in bands. A colour that is named transparent is kept as it is then.
        """
        if self.width * self.height <= whole_pixels:
            return flat(self.whole())
        if self.color not in MODES:
            return halved(cut(self.whole()), self.width, self.height)
        passes = self.passes()
        if self.interlaced:
            # The last pass is every second row, each of them in full.
            skipped = sum(size for _, size in passes[:-1])
            return halved(self.bands(passes[-1], skipped), self.width, passes[-1][0], down=1)
        return halved(self.bands(passes[-1]), self.width, self.height)

    def passes(self) -> list[tuple[int, int]]:
        """The rows of each pass and its bytes; one pass where the picture isn't interlaced."""
        bits = CHANNELS[self.color] * self.depth
        passes = []
        for (x, y), (dx, dy) in PASSES if self.interlaced else [((0, 0), (1, 1))]:
            columns, rows = -((x - self.width) // dx), -((y - self.height) // dy)
            is_empty = columns < 1 or rows < 1
            passes.append((0, 0) if is_empty else (rows, rows * (1 + (columns * bits + 7) // 8)))
        return passes

    def whole(self) -> Image.Image:
        """The picture as Pillow decodes it, in one piece."""
        # Pillow takes data that end too early for a picture whose rest is black.
        Rows(self.data).skip(sum(size for _, size in self.passes()))
        parts = [(b"IHDR", self.header), (b"PLTE", self.palette), (b"tRNS", self.transparency)]
        parts += [(b"IDAT", self.data)]
        named = b"".join(chunk(name, data) for name, data in parts if data)
        file = BytesIO(self.SIGNATURE + named + chunk(b"IEND", b""))
        image = Image.open(file, formats=["PNG"])
        image.load()
        return image

    def bands(self, last_pass: tuple[int, int], skipped: int = 0) -> Iterator[Image.Image]:
        """The rows of a pass of full width, a few at a time, 8 bits a sample.

        Filters look at the row above only: put before the next band, the last row of one is all
        that a decoder needs to go on there. They also keep the high and the low bytes of 16-bit
        samples apart, so that the low ones can be left out before.
        """
        if self.depth not in (8, 16):
            raise ValueError("no such depth")
        mode, (height, size) = MODES[self.color], last_pass
        stride = size // height
        rows = Rows(self.data)
        rows.skip(skipped)
        step = max(2, BAND_PIXELS // self.width // 2 * 2)
        above = bytes(1 + self.width * len(mode))
        for top in range(0, height, step):
            count = min(step, height - top)
            raw = rows.read(count * stride)
            if self.depth == 16:
                starts = range(0, len(raw), stride)
                raw = b"".join(raw[at : at + 1] + raw[at + 1 : at + stride : 2] for at in starts)
            stored = zlib.compress(above + raw, 0)
            band = Image.frombytes(mode, (self.width, count + 1), stored, "zip", mode)
            above = b"\0" + band.crop((0, count, self.width, count + 1)).tobytes()
            yield band.crop((0, 1, self.width, count + 1))


class Rows:
    """The inflated rows of a picture, each with its filter in front, read bit by bit."""

    def __init__(self, data: bytes):
        self.data = BytesIO(data)
        self.inflate = zlib.decompressobj()

    def read(self, size: int) -> bytes:
        """Raises ValueError where there is less."""
        pieces = []
        while size > 0:
            given = self.inflate.unconsumed_tail or self.data.read(BLOCK)
            piece = self.inflate.decompress(given, size)
            if not piece and (not given or self.inflate.eof):
                raise ValueError("rows are missing")
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def skip(self, size: int) -> None:
        for start in range(0, size, BLOCK):
            self.read(min(BLOCK, size - start))


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The name and the data of each chunk up to the end, with their checksums checked."""
    position = len(Png.SIGNATURE)
    for _ in range(MAX_CHUNKS):
        length, name = struct.unpack_from(">I4s", content, position)
        start, end = position + 8, position + 8 + length
        (checksum,) = struct.unpack_from(">I", content, end)
        if checksum != zlib.crc32(content[position + 4 : end]):
            raise ValueError("wrong checksum")
        if name == b"IEND":
            return
        yield name, content[start:end]
        position = end + 4
    raise ValueError("more chunks than any program writes")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def flat(image: Image.Image) -> Image.Image:
    """The same image in L or RGB, on white paper where it is transparent."""
    if image.mode == "I;16":  # convert() would take all but the darkest for white.
        return Image.frombytes("L", image.size, image.tobytes(), "raw", "L;16")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image)
        return paper
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def cut(image: Image.Image) -> Iterator[Image.Image]:
    step = max(2, BAND_PIXELS // image.width // 2 * 2)
    for top in range(0, image.height, step):
        yield image.crop((0, top, image.width, min(top + step, image.height)))


def halved(bands: Iterator[Image.Image], width: int, height: int, down: int = 2) -> Image.Image:
    """One image of half the width, and of the height divided by `down`, from its bands."""
    first = flat(next(bands)).reduce((2, down))
    whole = Image.new(first.mode, (first.width, -(-height // down)))
    whole.paste(first)
    top = first.height
    for band in bands:
        part = flat(band).reduce((2, down))
        whole.paste(part, (0, top))
        top += part.height
    return whole
