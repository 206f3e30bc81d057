"""Small copies of ID photos: made with the photo, kept like it, gone with it."""

import os
import random
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.files.storage import storages
from PIL import Image

from accounts.models import AccessLog
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.storage import SMALL
from patients import services, tasks
from patients.models import Patient
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import corners, encoded, jpeg, picture, plain_png, upload

pytestmark = pytest.mark.django_db


def files() -> list[Path]:
    return [path for path in Path(storages["documents"].location).rglob("*") if path.is_file()]


@pytest.fixture
def patient():
    patient = PatientFactory(with_account=True)
    photo = clean_photo(upload(encoded(picture(1600, 1000), "JPEG")))
    services.replace_document(patient, photo, by=patient.user)
    return Patient.objects.get()


@pytest.fixture
def small(patient) -> Path:
    return Path(patient.document.file.path + SMALL)


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (encoded(picture(1600, 1000), "JPEG"), (480, 300)),
        (plain_png(600, 2), (480, 2)),
        (plain_png(1000, 700, 8, 0), (480, 336)),
        (jpeg(600, 601), (479, 480)),
    ],
)
def test_it_is_a_jpeg_of_at_most_480_pixels(content, size):
    with Image.open(BytesIO(clean_photo(upload(content)).small)) as image:
        assert (image.format, image.size, image.info.get("exif")) == ("JPEG", size, None)


def test_a_photo_of_some_megabytes_is_shown_with_some_kilobytes():
    grain = random.Random(1)
    card = picture(4000, 2500).resize((400, 250)).resize((4000, 2500))
    noise = Image.frombytes("L", (1000, 625), grain.randbytes(625_000)).resize((4000, 2500))
    photo = clean_photo(upload(encoded(Image.blend(card, noise.convert("RGB"), 0.15), "JPEG")))
    assert len(photo.content) > 1_000_000
    assert len(photo.small) < 30_000
    with Image.open(BytesIO(photo.small)) as image:
        assert image.size == (480, 300)


def test_it_is_encrypted_as_the_photo_is_and_goes_with_it(
    patient, small, django_capture_on_commit_callbacks
):
    assert not small.read_bytes().startswith(b"\xff\xd8")
    assert small.stat().st_mode & 0o777 == 0o600
    with django_capture_on_commit_callbacks(execute=True):
        services.replace_document(patient, clean_photo(upload()), by=patient.user)
    assert len(files()) == 2
    assert not small.exists()
    with django_capture_on_commit_callbacks(execute=True):
        services.delete(PatientFactory(), by=UserFactory())
        services.delete(Patient.objects.exclude(document=None).get(), by=UserFactory())
    assert files() == []


def test_the_sweep_knows_whose_it_is(patient, small):
    storage = storages["documents"]
    orphan = Path(storage.path(storage.save(f"ab/lost{SMALL}", upload())))
    then = time.time() - timedelta(days=2).total_seconds()
    for path in files():
        os.utime(path, (then, then))
    tasks.remove_orphaned_documents(timestamp=0)
    assert set(files()) == {small, Path(patient.document.file.path)}
    assert not orphan.exists()


def test_new_keys_reach_it(small, settings):
    old = settings.DOCUMENT_KEYS
    settings.DOCUMENT_KEYS = [Fernet.generate_key().decode(), *old]
    name = Patient.objects.get().document.file.name
    storages["documents"].reencrypt(name)
    settings.DOCUMENT_KEYS = settings.DOCUMENT_KEYS[:1]
    assert storages["documents"].read_small(name).startswith(b"\xff\xd8")
    small.write_bytes(b"broken")
    storages["documents"].reencrypt(name)  # What can be made anew is no loss.
    assert not small.exists()


@pytest.mark.parametrize("was_before_small_ones", [False, True])
@pytest.mark.parametrize("door", ["site", "console"])
def test_every_door_hands_it_out_as_it_does_the_photo(patient, small, door, was_before_small_ones):
    """Same gate, same headers, same note of who saw it."""
    if was_before_small_ones:
        small.unlink()
    address, page, browser, stranger = {
        "site": ("/me/photo/", "/me/profile/", signed_in(patient.user), signed_in(UserFactory())),
        "console": (
            f"/admin/patients/patient/{patient.pk}/photo/",
            f"/admin/patients/patient/{patient.pk}/change/",
            signed_in(UserFactory()),
            signed_in(UserFactory(role="doctor")),
        ),
    }[door]
    assert f"{address}?small" in browser.get(page).content.decode()
    whole, reduced = browser.get(address), browser.get(address, {"small": ""})
    assert len(reduced.content) < len(whole.content)
    with Image.open(BytesIO(reduced.content)) as image:
        assert image.size == (480, 300)
        assert corners(image)[0] == (1, 0, 0)
    assert small.exists()
    kept = ("Cache-Control", "X-Content-Type-Options", "Content-Disposition", "Content-Type")
    assert [reduced[name] for name in kept] == [whole[name] for name in kept]
    assert "private" in reduced["Cache-Control"]
    assert "no-store" in reduced["Cache-Control"]
    assert AccessLog.objects.filter(action="document", patients=[patient.pk]).count() == 2
    refused = stranger.get(address, {"small": ""})
    assert refused.status_code in (302, 403, 404)
    assert refused.status_code == stranger.get(address).status_code
    assert AccessLog.objects.filter(action="document").count() == 2


def test_too_small_a_photo_has_one_sentence_at_every_door(api, patient):
    """The pages of registration and of one's own photo, the console's form, and the API."""
    tiny, least = jpeg(200, 126), f"at least {settings.MIN_PHOTO_SIDE} pixels"
    desk, own = signed_in(UserFactory()), signed_in(patient.user)
    answers = [
        own.post("/me/photo/replace/", {"document_photo": upload(tiny)}),
        own.post("/register/", {"document_photo": upload(tiny)}),
        desk.post("/admin/patients/patient/add/", {"document_photo": upload(tiny)}),
        api(patient.user).put(
            f"/api/v1/patients/{patient.pk}/document",
            {"document_photo": upload(tiny)},
            format="multipart",
        ),
        api().post("/api/v1/patients", {"document_photo": upload(tiny)}, format="multipart"),
    ]
    assert [least in answer.content.decode() for answer in answers] == [True] * len(answers)
    assert len(files()) == 2
