"""`manage.py reencrypt`: a change of keys with real rows and files."""

from io import StringIO
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import SecondFactor
from accounts.tests.codes import with_factor
from accounts.tests.factories import UserFactory
from clinic.encryption import Unreadable
from clinic.operations import reencryption
from clinic.storage import SMALL
from patients import services
from patients.models import IdentityDocument, Patient
from patients.photos import clean_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def records(settings, monkeypatch):
    """Five patients, one with a photo, and a second factor, all under the old key."""
    monkeypatch.setattr(reencryption, "ROWS_AT_ONCE", 2)
    settings.DOCUMENT_KEYS = [OLD]
    patients = [
        PatientFactory(medical_history=f"Asthma {n}", insurance_policy_number=f"A{n}")
        for n in range(4)
    ]
    patients.append(PatientFactory(medical_history="", insurance_policy_number=""))
    services.replace_document(patients[0], clean_photo(upload()), by=UserFactory())
    with_factor(UserFactory())
    settings.DOCUMENT_KEYS = [NEW, OLD]
    return patients


def run() -> dict[str, str]:
    out = StringIO()
    call_command("reencrypt", stdout=out)
    return dict(line.rstrip(".").split(": ") for line in out.getvalue().splitlines())


def columns() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT medical_history FROM patients_patient ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_the_old_key_can_go_afterwards(records, settings):
    photo = IdentityDocument.objects.get().file.open().read()
    secret = SecondFactor.objects.get().secret
    told = run()
    settings.DOCUMENT_KEYS = [NEW]

    assert told["patients.Patient.medical_history"] == "4 of 4 written anew"
    assert told["patients.Patient.insurance_policy_number"] == "4 of 4 written anew"
    assert told["patients.IdentityDocument.file"] == "1 of 1 written anew"
    assert told["accounts.SecondFactor.secret"] == "1 of 1 written anew"
    read = Patient.objects.order_by("id").values_list("medical_history", "insurance_policy_number")
    assert list(read) == [*((f"Asthma {n}", f"A{n}") for n in range(4)), ("", "")]
    assert IdentityDocument.objects.get().file.open().read() == photo
    assert SecondFactor.objects.get().secret == secret


def test_the_history_is_read_with_the_new_key_too_and_says_nothing_new(records, settings):
    event = apps.get_model("patients.PatientEvent")
    before = event.objects.count()
    updated_at = list(Patient.objects.order_by("id").values_list("updated_at"))
    run()
    settings.DOCUMENT_KEYS = [NEW]

    assert event.objects.count() == before
    assert "Asthma 3" in set(event.objects.values_list("medical_history", flat=True))
    assert list(Patient.objects.order_by("id").values_list("updated_at")) == updated_at


def test_it_goes_on_where_it_was_broken_off(records):
    field = Patient._meta.get_field("medical_history")
    first = next(reencryption.reencrypt(field))
    done = columns()[:2]
    told = run()

    assert (first.seen, first.written) == (2, 2)
    assert told["patients.Patient.medical_history"] == "2 of 4 written anew"
    assert columns()[:2] == done


def test_a_second_time_nothing_is_written(records):
    run()
    before = columns()

    assert {told.partition(" of ")[0] for told in run().values()} == {"0"}
    assert columns() == before


def test_files_stay_readable_by_their_owner_alone_and_none_is_left_over(records):
    run()
    storage = storages["documents"]
    [directory] = storage.listdir("")[0]
    name, small = sorted(storage.listdir(directory)[1])

    assert f"{directory}/{name}" == IdentityDocument.objects.get().file.name
    assert small == f"{name}{SMALL}"
    assert Path(storage.path(f"{directory}/{name}")).stat().st_mode & 0o777 == 0o600


def test_what_no_key_reads_is_told_and_the_rest_is_written(records, settings):
    settings.DOCUMENT_KEYS = [Fernet.generate_key().decode()]
    lost = PatientFactory(medical_history="Lost", insurance_policy_number="")
    document = IdentityDocument.objects.get()
    document.file.storage.delete(document.file.name)
    settings.DOCUMENT_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match=r"^3 values can't be read"):
        call_command("reencrypt", stdout=StringIO())

    settings.DOCUMENT_KEYS = [NEW]
    readable = Patient.objects.exclude(pk=lost.pk)
    assert "Asthma 0" in set(readable.values_list("medical_history", flat=True))
    with pytest.raises(Unreadable):
        list(Patient.objects.filter(pk=lost.pk))
