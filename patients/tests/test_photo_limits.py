"""Photos that would cost much: what is refused, and what the others cost."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from accounts.roles import Role
from accounts.tests.console import signed_in
from clinic.confined import NEEDED
from clinic.tests.problems import V1, check_problem
from patients import photos as photo_door
from patients.photos import clean_photo, decoder
from patients.photos.process import DECODING, Decoders
from patients.tests import photos
from patients.tests.factories import PatientFactory
from patients.tests.photos import UPRIGHT, chunk, corners, encoded, jpeg, picture

TOO_MANY_PIXELS = "The photo has too many pixels. At most 40 megapixels are allowed"
HEAVY = "The photo takes too much to open."
DAMAGED = "The photo is damaged or incomplete."
FULL = encoded(picture(), "JPEG", subsampling=0, progressive=True)
SMALL_PNG = encoded(picture(), "PNG")

REFUSED = {
    "JPEG of 4,290 megapixels": (lambda: photos.with_size(jpeg(), 65_500, 65_500), TOO_MANY_PIXELS),
    "JPEG of a pixel too many": (lambda: photos.with_size(jpeg(), 8_000, 5_001), TOO_MANY_PIXELS),
    "PNG of 100 megapixels": (lambda: photos.plain_png(10_000, 10_000, color=0), TOO_MANY_PIXELS),
    "PNG of one long row": (lambda: photos.plain_png(39_000_000, 1, color=0), TOO_MANY_PIXELS),
    "PNG of 2^31 pixels": (lambda: photos.png(2**31 - 1, 2**31 - 1, 8, 2, b""), TOO_MANY_PIXELS),
    "800 scans": (lambda: photos.with_scans(photos.with_size(FULL, 2_000, 1_000), 800), HEAVY),
    "90,000 scans": (lambda: photos.with_scans(photos.with_size(FULL, 800, 500), 90_000), HEAVY),
    "5 MB of markers": (lambda: jpeg()[:-2] + b"\xff" * 5_000_000, DAMAGED),
    "PNG with texts of 3 GB": (
        lambda: (
            SMALL_PNG[:33]
            + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20), 9)) * 3_000
            + SMALL_PNG[33:]
        ),
        DAMAGED,
    ),
}  # fmt: skip
TAKEN = {
    "JPEG of 40 megapixels": (lambda: encoded(picture(8_000, 5_000), "JPEG"), (4_000, 2_500)),
    "turned JPEG of 16 megapixels": (
        lambda: encoded(picture(4_000, 4_000), "JPEG", exif=photos.exif(6)),
        (4_000, 4_000),
    ),
    "JPEG with tags of 300 MB": (
        lambda: photos.with_segment(jpeg(), 0xE1, photos.exif_bomb()),
        (640, 480),
    ),
    "PNG with rows of 256 MB": (
        lambda: photos.png(100, 100, 8, 2, zlib.compress(bytes(2**28), 1)),
        (100, 100),
    ),
    "RGBA of 16 megapixels": (lambda: photos.plain_png(4_000, 4_000, color=6), (4_000, 4_000)),
    "progressive 4:4:4 of 40": (
        lambda: encoded(picture(8_000, 5_000), "JPEG", progressive=True, subsampling=0),
        (4_000, 2_500),
    ),
    "16-bit RGBA of 40": (lambda: photos.plain_png(8_000, 5_000, 16, 6), (4_000, 2_500)),
    "interlaced RGB of 40": (lambda: photos.plain_png(8_000, 5_000, 8, 2, 1), (4_000, 2_500)),
    "16-bit grey of 40": (lambda: photos.plain_png(8_000, 5_000, 16, 0), (4_000, 2_500)),
    "palette of 40 megapixels": (lambda: photos.plain_png(8_000, 5_000, color=3), (4_000, 2_500)),
}

# Files of many small parts, which Pillow goes through one by one.
CRUMBS = {
    "a million comments": lambda: jpeg()[:2] + b"\xff\xfe\0\2" * 1_000_000 + jpeg()[2:],
    "400,000 chunks": lambda: SMALL_PNG[:33] + chunk(b"tEXt", b"") * 400_000 + SMALL_PNG[33:],
}

# What a process of its own says: the answer, by how many bytes it grew at most, and what its
# decoder took: bytes, and seconds of the processor.
PROBE = """
import resource
import sys
from django.conf import settings
settings.configure(
    MAX_PHOTO_BYTES={bytes}, MAX_PHOTO_PIXELS={pixels}, MIN_PHOTO_SIDE=1, USE_I18N=False,
    WEB_THREADS=2
)
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from patients.photos import clean_photo
from patients.photos.process import DECODING

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
DECODING.close()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = used.ru_utime + used.ru_stime
print(memory("VmHWM:") - before, used.ru_maxrss * 1024, seconds, answer)
"""


@dataclass
class Cost:
    server_bytes: int
    decoder_bytes: int
    seconds: float
    answer: str


def probe(content: bytes) -> Cost:
    assert len(content) <= settings.MAX_PHOTO_BYTES
    script = PROBE.format(bytes=settings.MAX_PHOTO_BYTES, pixels=settings.MAX_PHOTO_PIXELS)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        input=content,
        capture_output=True,
        check=True,
        cwd=settings.BASE_DIR,
    )
    server, decoder_bytes, seconds, answer = done.stdout.decode().split(" ", 3)
    cost = Cost(int(server), int(decoder_bytes), float(seconds), answer.strip())
    # The server holds the file and the answer; the kernel sees to the rest.
    assert cost.server_bytes < 30_000_000
    assert cost.decoder_bytes < decoder.MEMORY
    assert cost.seconds < decoder.CPU_SECONDS + 1
    return cost


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc"
)


@needs_proc
@pytest.mark.parametrize("name", REFUSED)
def test_what_would_cost_too_much_is_refused(name):
    make, sentence = REFUSED[name]

    cost = probe(make())

    assert cost.answer.startswith(sentence)


@needs_proc
@pytest.mark.parametrize("name", CRUMBS)
def test_a_file_of_crumbs_costs_no_more_than_its_share(name):
    cost = probe(CRUMBS[name]())

    assert cost.answer in {"(64, 48)", "(640, 480)"} or cost.answer.startswith((DAMAGED, HEAVY))


@needs_proc
@pytest.mark.parametrize("name", TAKEN)
def test_a_legal_photo_is_taken_whatever_it_costs(name):
    make, size = TAKEN[name]

    cost = probe(make())

    assert cost.answer == str(size)


@pytest.fixture(autouse=True)
def _small_photos(settings):
    settings.MIN_PHOTO_SIDE = 1


@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize(
    ("depth", "color"),
    [(1, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (4, 3), (8, 3), (8, 4), (8, 6), (16, 6)],
)
def test_a_large_png_is_halved_in_bands_as_it_would_be_in_one_piece(
    monkeypatch, depth, color, interlaced
):
    content = photos.noisy_png(2_999, 701, depth, color, interlaced)
    expected = decoder.loaded(decoder.opened(content)).reduce(2)
    monkeypatch.setattr(decoder, "WHOLE_PIXELS", 1_000_000)

    image = decoder.loaded(decoder.opened(content))

    assert (image.mode, image.size) == (expected.mode, expected.size)
    assert image.tobytes() == expected.tobytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_large_jpeg_is_halved(monkeypatch, options):
    monkeypatch.setattr(decoder, "WHOLE_PIXELS", 100_000)

    image = decoder.loaded(decoder.opened(encoded(picture(641, 481), "JPEG", **options)))

    assert image.size == (321, 241)
    assert corners(image) == UPRIGHT


@pytest.mark.parametrize("content", [jpeg(), photos.plain_png(640, 480), jpeg()[:-100]])
def test_one_photo_after_the_other_is_answered(content):
    """What the process says, read as the server reads it, but in this process."""
    said, _, pictures = decoder.answer(content, max_pixels=640 * 480, min_side=600).partition(b"\n")

    told = json.loads(said)
    assert told.get("size", 0) + told.get("small_size", 0) == len(pictures)


def test_a_photo_that_ends_its_decoder_is_refused_and_the_next_one_is_taken(monkeypatch):
    clean_photo(ContentFile(jpeg()))
    [warm] = [one for one in DECODING.all if one.process]
    warm.process.kill()

    with pytest.raises(ValidationError, match="takes too much to open"):
        clean_photo(ContentFile(jpeg()))

    assert clean_photo(ContentFile(jpeg())).width == 640


def test_forty_megapixels_pass_and_no_pixel_more(settings):
    settings.MAX_PHOTO_PIXELS = 64 * 48
    assert clean_photo(ContentFile(jpeg(64, 48))).width == 64

    with pytest.raises(ValidationError, match="too many pixels"):
        clean_photo(ContentFile(jpeg(64, 49)))


def test_many_photos_at_once_take_turns():
    contents = [jpeg(600 + n, 400) for n in range(12)]
    decoders = Decoders(at_once=2, waiting=4, wait=60)

    with ThreadPoolExecutor(6) as threads:
        limits = {"max_pixels": 10**6, "min_side": 1}
        told = threads.map(lambda content: decoders.decode(content, **limits)[0], contents)
        widths = [one["width"] for one in told]
    decoders.close()

    assert widths == list(range(600, 612))


@pytest.fixture
def stopped(monkeypatch):
    """One decoder that takes a photo and never answers, and place for one more photo."""
    decoders = Decoders(at_once=1, waiting=1, wait=0.1, deadline=1)
    monkeypatch.setattr(photo_door, "DECODING", decoders)
    [decoder] = decoders.all
    decoder.pipes()
    os.kill(decoder.process.pid, signal.SIGSTOP)
    yield decoder
    decoders.close()


def test_a_decoder_that_never_answers_is_ended_and_holds_up_few(stopped):
    """Who waits in vain is told so, who finds no place to wait at once."""
    begun = time.monotonic()
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(refusal, range(12)))

    assert {code for code, _ in answers} == {"unavailable"}
    waits = sorted(at - begun for _, at in answers)
    assert waits[9] < 0.9 < waits[-1] < 10
    assert clean_photo(ContentFile(jpeg())).width == 640  # By a new one.


def refusal(_: int) -> tuple[str, float]:
    with pytest.raises(ValidationError) as error:
        clean_photo(ContentFile(jpeg()))
    return error.value.code, time.monotonic()


@pytest.mark.django_db
def test_too_many_at_once_are_told_to_send_it_again(api, client, stopped):
    sent = {"name": "Ada", "email": "ada@mail.example", "document_photo": photos.upload()}
    answer = api().post(f"{V1}/patients", sent, format="multipart")
    stopped.pipes()
    os.kill(stopped.process.pid, signal.SIGSTOP)
    sent = {"first_name": "Ada", "document_photo": photos.upload()}
    page = client.post("/register/", sent)

    body = check_problem(answer, 503, "unavailable")
    assert answer["Retry-After"] == "5"
    assert "Please send it again" in body["message"]
    assert "send it again" in page.context["form"].errors["document_photo"][0]
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert 'value="Ada"' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("door", ["/me/photo/replace/", "/admin/patients/patient/{}/change/"])
def test_pages_that_take_a_photo_say_so_in_their_headers(door, stopped):
    patient = PatientFactory(with_account=True)
    browser = signed_in(Role.ADMIN if "admin" in door else patient.user)

    page = browser.post(door.format(patient.pk), {"document_photo": photos.upload()})

    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "send it again" in page.content.decode()


def test_what_decodes_can_open_nothing():
    """Neither a file nor a connection, whatever a photo may have made of it."""
    tried = (
        "import socket; from clinic.confined import hold_to_bounds\n"
        "hold_to_bounds(5, 400 * 1024 * 1024, may_open=False)\n"
        "for open_it in (lambda: open('/etc/hostname'), socket.socket):\n"
        "    try: print(open_it())\n"
        "    except OSError as error: print(error.errno)\n"
    )
    told = subprocess.run(  # nosec B603
        [sys.executable, "-c", tried],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.split() == [str(errno.EMFILE)] * 2


@needs_proc
def test_a_decoder_has_nothing_of_the_servers(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "for nobody")
    decoders = Decoders(at_once=1)
    decoders.decode(jpeg(), max_pixels=10**6, min_side=1)
    [decoder] = decoders.all
    environ = Path(f"/proc/{decoder.process.pid}/environ").read_bytes()
    decoders.close()

    assert b"SECRET_KEY" not in environ
    assert set(environ.split(b"\0")) <= {b""} | {
        f"{name}={os.environ.get(name)}".encode() for name in NEEDED
    }
