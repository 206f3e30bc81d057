"""The registration page as tests fill it in and read it."""

import re
from datetime import date
from html import unescape
from pathlib import Path

from django.conf import settings
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from clinic.models import Notification
from clinic.storage import SMALL
from patients.models import IdentityDocument, Patient
from patients.tests.photos import upload

URL = "/register/"
DONE = "/register/done/"
PASSWORD = "Correct-horse-9"


def filled_in(**changes) -> dict:
    """What a patient fills in. A field set to None is left out."""
    data = {
        "first_name": "Grace",
        "last_name": "Hopper",
        "date_of_birth_0": "9",
        "date_of_birth_1": "12",
        "date_of_birth_2": "1986",
        "gender": "female",
        "email": "Grace@Mail.Example",
        "phone": "030 901820",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
        "street": "Uferweg 7",
        "zip": "10115",
        "city": "Berlin",
        "state": "",
        "country": "DE",
        "document_photo": upload(),
        "consent": "on",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


def born(day: date) -> dict:
    return {
        "date_of_birth_0": day.day,
        "date_of_birth_1": day.month,
        "date_of_birth_2": day.year,
    }


def faults(response) -> dict[str, str]:
    """What the page says beside each field, as a reader sees it."""
    page = response.content.decode()
    found = re.findall(r'<ul class="errorlist" id="id_(\w+)_error"><li>(.*?)</li>', page)
    for name, _ in found:
        assert re.search(rf'aria-describedby="[^"]*id_{name}_error"', page), name
        assert re.search(rf'<a href="#id_{name}(_0)?">', page), name
    return {name: unescape(sentence) for name, sentence in found}


def is_photo(path: Path) -> bool:
    return path.is_file() and path.suffix != SMALL


def stored_files() -> list[Path]:
    location = Path(settings.STORAGES["documents"]["OPTIONS"]["location"])
    return [path for path in location.rglob("*") if is_photo(path) and path.parent.name != "kept"]


def assert_nothing_happened():
    assert not Patient.objects.exists()
    assert not User.objects.exists()
    assert not IdentityDocument.objects.exists()
    assert not Notification.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert not stored_files()
    assert not mail.outbox
