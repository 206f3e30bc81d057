"""A refused registration, and another language, cost neither the photo nor what was typed."""

import os
import re
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import storages

from accounts.tests.console import signed_in
from clinic.storage import SMALL
from patients.models import Patient
from patients.services import kept_photos
from patients.tasks import remove_kept_photos
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload
from patients.tests.registration import DONE, PASSWORD, URL, faults, filled_in, stored_files

pytestmark = pytest.mark.django_db


def kept_files() -> list[Path]:
    folder = Path(settings.STORAGES["documents"]["OPTIONS"]["location"]) / "kept"
    return [path for path in folder.glob("*") if path.suffix != SMALL]


def token_of(response) -> str:
    found = re.search(r'name="kept_photo" value="([^"]+)"', response.content.decode())
    return found[1] if found else ""


def test_a_refusal_keeps_the_photo(client):
    refused = client.post(URL, filled_in(last_name=""))
    token = token_of(refused)
    assert "data:image/jpeg;base64," in refused.content.decode()
    (file,) = kept_files()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not file.read_bytes().startswith(b"\xff\xd8")

    again = client.post(URL, filled_in(city="", document_photo=None, kept_photo=token))
    assert token_of(again) == token
    assert "document_photo" not in faults(again)
    done = client.post(URL, filled_in(document_photo=None, kept_photo=token))
    assert done["Location"] == DONE
    document = Patient.objects.get().document
    assert (document.width, document.height) == (640, 480)
    assert len(stored_files()) == 1
    assert not kept_files()


def test_another_photo_takes_its_place(client):
    token = token_of(client.post(URL, filled_in(last_name="")))
    other = upload(jpeg(800, 600))
    changed = client.post(URL, filled_in(last_name="", document_photo=other, kept_photo=token))

    assert token_of(changed) not in ("", token)
    assert len(kept_files()) == 1
    client.post(URL, filled_in(document_photo=None, kept_photo=token_of(changed)))
    assert Patient.objects.get().document.width == 800


def test_what_is_no_photo_is_not_kept(client):
    refused = client.post(URL, filled_in(document_photo=upload(b"%PDF-1.7")))
    assert not token_of(refused)
    assert not kept_files()


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd", "a:b:c", "\x00"])
def test_a_token_of_somebodys_own_making_opens_nothing(client, token):
    response = client.post(URL, filled_in(document_photo=None, kept_photo=token))
    assert "document_photo" in faults(response)


def test_it_is_kept_for_an_hour(client, monkeypatch):
    token = token_of(client.post(URL, filled_in(last_name="")))
    (file,) = kept_files()
    remove_kept_photos(0)
    assert kept_files() == [file]

    monkeypatch.setattr(kept_photos, "PHOTO_KEPT_FOR", -1)
    response = client.post(URL, filled_in(document_photo=None, kept_photo=token))
    assert "document_photo" in faults(response)
    old = time.time() - 3601
    os.utime(storages["documents"].path(f"kept/{file.name}"), (old, old))
    remove_kept_photos(0)
    assert not kept_files()


def test_few_are_kept_for_one_address(client, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"kept_photo": "2/h"}
    for _ in range(3):
        refused = client.post(URL, filled_in(last_name=""))
    assert len(kept_files()) == 2
    assert "Please choose the photo again" in refused.content.decode()


def test_another_language_keeps_all_that_was_typed(client):
    typed = filled_in(last_name="", switch_to="de", insurance_policy_number="A 123")
    response = client.post(URL, typed)

    page = response.content.decode()
    assert '<html lang="de">' in page
    for value in ("Grace", "030 901820", "Uferweg 7", "10115", "A 123", "1986"):
        assert f'value="{value}"' in page, value
    assert PASSWORD not in page
    assert not faults(response)
    assert not Patient.objects.exists()
    assert response.cookies["language"].value == "de"
    done = client.post(URL, filled_in(document_photo=None, kept_photo=token_of(response)))
    assert done["Location"] == DONE
    assert Patient.objects.get().language == "de"


def test_the_first_button_of_the_form_is_the_one_that_sends_it(client):
    """The Enter key presses it."""
    page = client.get(URL).content.decode()
    buttons = re.findall(r"<button[^>]*>", page)
    own = [button for button in buttons if 'form="registration"' in button]
    assert "switch_to" not in own[0]
    assert page.index("switch_to") < page.index("<main")


def test_switching_the_language_never_fails():
    patient = PatientFactory(with_account=True, zip="1")
    client = signed_in(patient.user)

    assert client.post("/language/", {"language": "de"}).status_code == 302
    patient.refresh_from_db()
    assert (patient.language, patient.zip) == ("de", "1")


def test_switching_keeps_what_a_patient_typed():
    patient = PatientFactory(with_account=True, city="Berlin", language="en")
    client, page = signed_in(patient.user), "/me/profile/change/"
    assert f'formaction="/language/?next={page}"' in client.get(page).content.decode()
    typed = {"switch_to": "de", "email": patient.email, "city": "Potsdam"}

    assert client.post(f"/language/?next={page}", typed)["Location"] == page
    shown = client.get(page).content.decode()
    assert 'value="Potsdam"' in shown
    assert '<html lang="de">' in shown
    patient.refresh_from_db()
    assert (patient.city, patient.language) == ("Berlin", "de")
