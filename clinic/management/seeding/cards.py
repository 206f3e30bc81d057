"""Identity cards of a country that doesn't exist, each marked as a specimen."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1012, 638  # Pixels; the shape of an ID-1 card (ISO/IEC 7810).
SKIN = ("#f1c9a5", "#e0ac7e", "#c68642", "#8d5524", "#5c3a21", "#f6d7c3")
HAIR = ("#2b1b12", "#5b3a1e", "#a5672a", "#d8b06a", "#141414")
GREY, GREY_UNTIL = "#9a9a9a", 1960  # The year of birth of the last who are grey.
CLOTHES = ("#2f4858", "#7a3e48", "#3d5a40", "#4b3f72", "#8a6d3b")
INK, FAINT, PAPER = "#1d2b38", "#5d7180", "#eaf1ee"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a card is for; the names in Latin letters."""

    first: str
    last: str
    born: date
    gender: str


@cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font: the same on every machine. It has Latin letters only."""
    return ImageFont.load_default(size)


def draw_card(holder: Holder, rng: Random) -> bytes:
    """A JPEG of a card with the names, the date of birth and a portrait."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw_background(draw, rng)
    draw_portrait(draw, holder, rng)
    number = f"{rng.choice('CFGHJKLMNPRTVWXYZ')}{rng.randrange(10**8):08d}"
    facts = (
        ("Surname", holder.last.upper()),
        ("Given names", holder.first.upper()),
        ("Date of birth", f"{holder.born:%d %b %Y}".upper()),
        ("Sex", {"female": "F", "male": "M"}.get(holder.gender, "X")),
        ("Document no.", number),
    )
    for row, (label, value) in enumerate(facts):
        top = 138 + row * 72
        draw.text((360, top), label, FAINT, font(18))
        draw.text((360, top + 22), value or "-", INK, font(34))
    draw_machine_zone(draw, holder, number)
    stamp_specimen(image)
    file = BytesIO()
    image.save(file, "JPEG", quality=82)
    return file.getvalue()


def draw_background(draw: ImageDraw.ImageDraw, rng: Random) -> None:
    """Fine curved lines, as on real cards, under a heading."""
    for _ in range(26):
        x, y, size = (
            rng.randrange(-300, WIDTH),
            rng.randrange(-300, HEIGHT),
            rng.randrange(300, 900),
        )
        draw.ellipse((x, y, x + size, y + size), outline="#cfe0da", width=2)
    draw.rectangle((0, 0, WIDTH, 96), fill="#31596b")
    draw.text((36, 20), "REPUBLIC OF UTOPIA", "white", font(36))
    draw.text((36, 62), "IDENTITY CARD", "#cfe0da", font(20))


def draw_portrait(draw: ImageDraw.ImageDraw, holder: Holder, rng: Random) -> None:
    """Head and shoulders in a frame at the left."""
    left, top, right, bottom = 40, 132, 320, 492
    skin, hair = rng.choice(SKIN), rng.choice(HAIR)
    draw.rectangle((left, top, right, bottom), fill="#c9d8de")
    if holder.born.year <= GREY_UNTIL:
        hair = GREY
    if rng.random() < (
        0.8 if holder.gender == "female" else 0.1
    ):  # Long hair lies behind the shoulders.
        draw.rounded_rectangle((100, 190, 260, 430), 70, fill=hair)
    draw.pieslice((60, 386, 300, 640), 180, 360, fill=rng.choice(CLOTHES))
    draw.rectangle((left, bottom, right, 640), fill=PAPER)
    draw.rectangle((156, 350, 204, 412), fill=skin)
    draw.ellipse((112, 198, 248, 376), fill=skin)
    draw.pieslice((104, 178, 256, 330), 180, 360, fill=hair)
    for eye in (150, 210):
        draw.ellipse((eye - 9, 280, eye + 9, 292), fill="white")
        draw.ellipse((eye - 5, 280, eye + 5, 292), fill=INK)
    draw.arc((154, 310, 206, 346), 20, 160, fill="#8a4b3c", width=4)
    draw.rectangle((left, top, right, bottom), outline=FAINT, width=3)


def draw_machine_zone(draw: ImageDraw.ImageDraw, holder: Holder, number: str) -> None:
    """Two lines in the manner of a machine-readable zone, of the issuing state "UTO"."""
    name = f"{holder.last}<<{holder.first}".upper().replace(" ", "<").replace("-", "<")
    lines = (f"IDUTO{number}<<{holder.born:%y%m%d}", name)
    draw.rectangle((0, 516, WIDTH, HEIGHT), fill="white")
    for row, line in enumerate(lines):
        for column, character in enumerate(line.ljust(36, "<")[:36]):
            place = (49 + column * 26, 532 + row * 50)
            draw.text(place, character, INK, font(30), anchor="ma")


def stamp_specimen(image: Image.Image) -> None:
    """The word across the card, so that nobody takes it for a real one."""
    layer = Image.new("L", image.size, 0)
    ImageDraw.Draw(layer).text((150, 240), "SPECIMEN", 70, font(150))
    image.paste("#b3261e", mask=layer.rotate(18, center=(WIDTH / 2, HEIGHT / 2)))
