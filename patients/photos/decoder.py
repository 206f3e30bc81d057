"""Decoding photos in a process of its own (`clinic.confined`), with photos on its input.

Anybody can send one, so whatever a file may do to Pillow and the libraries below it, it does in
a fork that ends with the photo and that the kernel holds to its share of memory and time. Nothing
here imports Django: the process is small and quick to start.
"""

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import IO, Any

# What Pillow loads when it meets an Exif or a second picture: a fork can open no file for it.
from PIL import (
    Image,
    MpoImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
)
from PIL.Image import Transpose

from clinic.confined import hold_to_bounds

MEMORY = 400 * 1024 * 1024  # Bytes of address space: 40 megapixels of any kind and their half.
CPU_SECONDS = 5  # The heaviest photo that is allowed takes about one.
MAX_SIDE = 65_535  # Pixels: what a JPEG can hold.
# Kept at full size up to here; a larger one is kept at half its width and height.
WHOLE_PIXELS = 16_000_000
BAND_PIXELS = 1_000_000
SMALL_SIDE, SMALL_QUALITY = 480, 70  # Pixels of the longer side of the small copy.
# Every scan goes over the whole picture, and a hundred bytes are enough for one.
MAX_SCANNED_PIXELS = 1_000_000_000
# Pillow goes through chunks and segments one by one; a camera writes some hundreds.
MOST_PARTS = 20_000

SIGNATURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
SCAN = b"\xff\xda"
PNG_END = b"\0\0\0\0IEND\xaeB\x60\x82"  # Pillow doesn't look at the checksum of this one.
SAVE: dict[str, dict[str, Any]] = {"JPEG": {"quality": 90}, "PNG": {"compress_level": 3}}
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


class Refused(Exception):
    """`too_many_pixels`, `too_few_pixels`, `too_heavy` or `damaged`."""


def kind_of(content: bytes) -> str | None:
    """JPEG or PNG, by how the file begins."""
    return next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), None)


def decode(content: bytes, max_pixels: int, min_side: int) -> tuple[Image.Image, bytes]:
    """The picture, upright, and the photo encoded anew with nothing else in it.

    A photo of more than 16 megapixels comes back at half its width and height. Grey stays grey,
    everything else becomes RGB, what is transparent white. Of several frames it is the first.
    Raises Refused, or whatever a broken file leads to.
    """
    kind = kind_of(content)
    if has_many_parts(content, str(kind)):
        raise Refused("too_heavy")
    image = opened(content)
    pixels = image.width * image.height
    if pixels > max_pixels or max(image.size) > MAX_SIDE:
        raise Refused("too_many_pixels")
    if image.info.get("progressive") and pixels * content.count(SCAN) > MAX_SCANNED_PIXELS:
        raise Refused("too_heavy")
    if kind == "PNG":
        if PNG_END not in content:
            raise Refused("damaged")
        image.verify()  # All checksums. It leaves nothing to load.
        image = opened(content)
    if max(image.size) < min_side:
        raise Refused("too_few_pixels")
    picture = loaded(image)
    turn = UPRIGHT.get(orientation(image))
    if turn is not None:
        picture = picture.transpose(turn)
    picture.info.clear()  # Pillow writes some of it: comments, profiles, transparency.
    return picture, saved(picture, str(kind))


def has_many_parts(content: bytes, kind: str) -> bool:
    """More chunks of a PNG, or segments of a JPEG before its picture, than `MOST_PARTS`?"""
    place, count = (8, 0) if kind == "PNG" else (2, 0)
    while place + 8 <= len(content) and count <= MOST_PARTS:
        count += 1
        if kind == "PNG":
            if content[place + 4 : place + 8] == b"IEND":
                break
            place += 12 + int.from_bytes(content[place : place + 4])
        elif content[place] != 0xFF or content[place + 1] == SCAN[1]:
            break
        elif content[place + 1] == 0xFF:  # Filled up.
            place += 1
        else:
            place += 2 + int.from_bytes(content[place + 2 : place + 4])
    return count > MOST_PARTS


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **{**SAVE[kind], **options})
    return file.getvalue()


def small_copy(picture: Image.Image) -> bytes:
    """A JPEG of some ten kilobytes, to be recognized by."""
    share = min(1, SMALL_SIDE / max(picture.size))
    size = [max(1, round(side * share)) for side in picture.size]
    small = picture.resize((size[0], size[1]), reducing_gap=2.0)
    return saved(small, "JPEG", quality=SMALL_QUALITY)


def opened(content: bytes) -> Image.Image:
    """The file with its header read. Photos of phones that are MPO files open as JPEG."""
    return Image.open(BytesIO(content), formats=["JPEG", "PNG"])


def loaded(image: Image.Image) -> Image.Image:
    if image.width * image.height <= WHOLE_PIXELS:
        image.load()
        return flat(image)
    half = (image.width // 2, image.height // 2)
    if image.draft(None, half):  # libjpeg decodes at half the size at once.
        image.load()
        return flat(image)
    image.load()
    return halved(image)


def orientation(image: Image.Image) -> int:
    """By the Exif of an image that is loaded: Pillow would load a PNG here, and tell nobody."""
    with suppress(Exception):  # A photo is no worse for broken Exif.
        return int(image.getexif().get(ORIENTATION, 1))
    return 1


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


def halved(image: Image.Image) -> Image.Image:
    """Flat and at half the size, made in bands: a second picture of full size takes too much."""
    half: Image.Image | None = None
    for top, band in bands(image):
        part = flat(band).reduce(2)
        half = half or Image.new(part.mode, (part.width, -(-image.height // 2)))
        half.paste(part, (0, top // 2))
    return half or image


def bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    step = max(2, BAND_PIXELS // image.width // 2 * 2)
    for top in range(0, image.height, step):
        yield top, image.crop((0, top, image.width, min(top + step, image.height)))


def answer(content: bytes, **limits: int) -> bytes:
    """A line of JSON, and behind it the photo and its small copy if there are any."""
    pictures = b""
    told: dict[str, Any]
    try:
        picture, photo = decode(content, **limits)
        small = small_copy(picture)
        told = {"width": picture.width, "height": picture.height}
        told |= {"size": len(photo), "small_size": len(small)}
        pictures = photo + small
    except Refused as error:
        told = {"refused": str(error)}
    except MemoryError:
        told = {"refused": "too_heavy"}
    except Exception:  # Whatever it is, the sender must hear of it, and the log must not.
        told = {"refused": "damaged"}
    return json.dumps(told).encode() + b"\n" + pictures


def decode_all(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Decode one photo after the other until there is none, or one had to be stopped."""
    Image.preinit()  # The forks need not do so again, nor could they.
    while line := requests.readline():
        limits = json.loads(line)
        content = requests.read(limits.pop("size"))
        process = os.fork()
        if process == 0:
            hold_to_bounds(CPU_SECONDS, MEMORY, may_open=False)
            answers.write(answer(content, **limits))
            answers.flush()
            os._exit(0)
        if os.waitpid(process, 0)[1]:
            return  # Its answer may be half written: the end says that there is none.


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # decode() has a limit of its own.
    decode_all(sys.stdin.buffer, sys.stdout.buffer)
