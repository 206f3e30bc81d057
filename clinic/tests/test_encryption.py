import pytest
from cryptography.fernet import Fernet
from django.db import connection

from clinic.encryption import Unreadable, decrypt, decrypt_text, encrypt, encrypt_text, rotated_text
from patients.models import Patient
from patients.tests.factories import PatientFactory

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def stored(column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM patients_patient")
        return cursor.fetchone()[0]


def test_what_was_encrypted_is_decrypted():
    assert decrypt(encrypt(b"secret")) == b"secret"
    assert b"secret" not in encrypt(b"secret")
    assert encrypt(b"secret") != encrypt(b"secret")


def test_the_first_key_writes_and_every_key_reads(settings):
    settings.DOCUMENT_KEYS = [OLD]
    before = encrypt(b"before")
    settings.DOCUMENT_KEYS = [NEW, OLD]
    after = encrypt(b"after")

    assert decrypt(before) == b"before"
    settings.DOCUMENT_KEYS = [NEW]
    assert decrypt(after) == b"after"
    with pytest.raises(Unreadable, match="No key in DOCUMENT_KEYS fits"):
        decrypt(before)


@pytest.mark.parametrize("token", [b"", b"plain", b"gAAAAABrAZZl", b"\xff\xd8\xff"])
def test_what_no_key_wrote_is_refused(token):
    with pytest.raises(Unreadable):
        decrypt(token)


def test_a_changed_byte_is_noticed():
    token = bytearray(encrypt(b"secret"))
    token[30] ^= 1

    with pytest.raises(Unreadable):
        decrypt(bytes(token))


@pytest.mark.django_db
def test_a_column_is_encrypted_in_the_database_alone():
    patient = PatientFactory(medical_history="Asthma\nÄrger mit dem Knie")

    assert Patient.objects.get() == patient
    assert Patient.objects.get().medical_history == "Asthma\nÄrger mit dem Knie"
    assert decrypt(stored("medical_history").encode()).decode() == "Asthma\nÄrger mit dem Knie"
    assert "Asthma" not in stored("medical_history")


@pytest.mark.django_db
def test_an_empty_column_stays_empty():
    PatientFactory(medical_history="")

    assert stored("medical_history") == ""
    assert Patient.objects.filter(medical_history="").exists()


@pytest.mark.django_db
def test_a_column_under_an_old_key_is_written_anew_under_the_first(settings):
    settings.DOCUMENT_KEYS = [OLD]
    PatientFactory(insurance_policy_number="A 123")
    settings.DOCUMENT_KEYS = [NEW, OLD]
    Patient.objects.get().save()
    settings.DOCUMENT_KEYS = [NEW]

    assert Patient.objects.get().insurance_policy_number == "A 123"


def test_texts_are_tokens_of_their_own(settings):
    settings.DOCUMENT_KEYS = [OLD]
    before = encrypt_text("Ärger")
    settings.DOCUMENT_KEYS = [NEW, OLD]

    assert decrypt_text(before) == "Ärger"
    assert decrypt(before.encode()).decode() == "Ärger"
    after = rotated_text(before)
    assert rotated_text(after) is None
    assert encrypt_text("Ärger") != encrypt_text("Ärger")
    settings.DOCUMENT_KEYS = [NEW]
    assert decrypt_text(after) == "Ärger"
    with pytest.raises(Unreadable):
        decrypt_text(before)


@pytest.mark.parametrize("change", [slice(0, 30), slice(12, None), slice(0, 0)])
def test_a_changed_text_is_noticed(change):
    with pytest.raises(Unreadable):
        decrypt_text(encrypt_text("secret")[change])


@pytest.mark.django_db
def test_tokens_of_before_are_read_and_written_anew():
    patient = PatientFactory()
    old = encrypt("Früher".encode()).decode()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE patients_patient SET medical_history = %s", [old])

    patient = Patient.objects.get()
    assert patient.medical_history == "Früher"
    assert decrypt_text(rotated_text(old)) == "Früher"
