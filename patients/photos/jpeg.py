"""Reading a JPEG file, as ITU-T T.81 describes it."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image

# A marker, but for those that stand alone and those that belong to the picture's data.
MARKER = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd8])")
FRAMES = {0xC0, 0xC1, 0xC2}  # Baseline, extended, progressive: what cameras write.
PROGRESSIVE = 0xC2
END, SCAN, APP1 = 0xD9, 0xDA, 0xE1
NEEDED = FRAMES | {0xC4, 0xDB, 0xDD, SCAN}  # With the tables and the restart interval.
COLOUR_CODES = {(0xE0, b"JFIF\0"), (0xEE, b"Adobe")}  # They tell what the samples mean.
MAX_SEGMENTS = 2_000
# Every scan goes over the whole picture, and a hundred bytes are enough for one.
MAX_SCANNED_PIXELS = 1_000_000_000
MEMORY = 140_000_000  # Bytes, for the picture and what libjpeg collects of its scans.


@dataclass
class Jpeg:
    """The parts of a JPEG file (the first picture of an MPO file) that make up the picture."""

    SIGNATURE: ClassVar = b"\xff\xd8\xff"
    CONTENT_TYPE: ClassVar = "image/jpeg"
    SAVE: ClassVar[dict[str, Any]] = {"format": "JPEG", "quality": 90}

    width: int = 0
    height: int = 0
    exif: bytes = b""
    components: int = 0
    is_progressive: bool = False
    scans: int = 0
    collected: int = 0  # Bytes that libjpeg keeps until the last scan is read.
    parts: list[bytes] = field(default_factory=lambda: [b"\xff\xd8"])

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Raises ValueError, or another exception, where the file is broken."""
        photo = cls()
        for marker, segment, whole in segments(content):
            photo.take(marker, segment, whole)
        if not photo.scans:
            raise ValueError("no picture")
        photo.parts.append(b"\xff\xd9")
        return photo

    def take(self, marker: int, segment: bytes, whole: bytes) -> None:
        """Note what a segment says, and keep it if the picture can't be decoded without it."""
        if marker in FRAMES:
            if self.components:
                raise ValueError("two frames")
            self.height, self.width, self.components = struct.unpack_from(">HHB", segment, 1)
            self.is_progressive = marker == PROGRESSIVE
            self.collected = collected(self.width * self.height, segment)
        elif marker == SCAN:
            if not self.scans and not self.is_progressive and segment[0] == self.components:
                self.collected = 0  # All in one scan: nothing to wait for.
            self.scans += 1
        elif marker == APP1 and segment.startswith(b"Exif\0\0"):
            self.exif = self.exif or segment
        if marker in NEEDED or (marker, segment[:5]) in COLOUR_CODES:
            self.parts.append(whole)

    def decode(self, whole_pixels: int) -> Image.Image:
        """An image in RGB or L, of at most so many pixels or at half or a quarter of its size.

        libjpeg decodes at that scale at once. What it takes is the picture, and twice the
        picture where it is turned. Several scans (a progressive JPEG) are collected first, at
        2 bytes a sample whatever the scale, so that some need a quarter and some too much.
        """
        pixels = self.width * self.height
        if self.scans * pixels > MAX_SCANNED_PIXELS:
            raise too_heavy()
        for scale in (1, 2, 4):
            scaled = pixels // scale**2
            if scaled <= whole_pixels and self.collected + 4 * scaled <= MEMORY:
                break
        else:
            raise too_heavy()
        image = Image.open(BytesIO(b"".join(self.parts)), formats=["JPEG"])
        self.parts.clear()
        image.draft(None, (self.width // scale, self.height // scale))
        image.load()
        return image if image.mode in ("L", "RGB") else image.convert("RGB")


def segments(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each marker up to the end of the first picture, what it says, and both in one.

    The whole of a scan is its header and the data that follow it.
    """
    position = 2
    for _segment in range(MAX_SEGMENTS):
        found = next_marker(content, position)
        marker = found[1][0]
        if marker == END:
            return
        start = found.end()
        position = start + int.from_bytes(content[start : start + 2])
        segment = content[start + 2 : position]
        if position > len(content) or position < start + 2:
            raise ValueError("cut off")
        if marker == SCAN:
            position = next_marker(content, position).start()
        yield marker, segment, content[found.start() : position]
    raise ValueError("more segments than any camera writes")


def next_marker(content: bytes, position: int) -> re.Match[bytes]:
    found = MARKER.search(content, position)
    if found is None:
        raise ValueError("cut off")
    return found


def collected(pixels: int, frame: bytes) -> int:
    """The bytes of all coefficients of a frame, at 2 a sample (T.81, B.2.2)."""
    samplings = [(byte >> 4, byte & 15) for byte in frame[7::3]]
    widest, highest = (max(factors) for factors in zip(*samplings, strict=True))
    return sum(2 * pixels * h * v // (widest * highest) for h, v in samplings)


def too_heavy() -> ValidationError:
    return ValidationError(
        _(
            "The photo is a progressive JPEG with too many pixels. "
            "Please send a smaller one, or save it as a standard JPEG."
        ),
        code="invalid_image",
    )
