"""Documents in S3: all that is done with those on a disk, against a server of that protocol."""

import logging
import shutil
from datetime import timedelta
from io import StringIO

import boto3
import pytest
from cryptography.fernet import Fernet
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from moto.server import ThreadedMotoServer

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.api.errors import of_circumstances
from clinic.environment import Environment
from clinic.storage import IMPORTS, SMALL
from patients import services, tasks
from patients.models import IdentityDocument, Patient
from patients.photos import clean_photo
from patients.photos.small import small_photo
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from tests import database

NEW = "test_clinic_of_bucket"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bucket(server, settings, monkeypatch):
    """An empty bucket, and the clinic as DOCUMENTS_STORAGE makes it."""
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    url = f"s3://a-key:a%2Fsecret@documents/of-the-tests?region=eu-central-1&endpoint={endpoint}"
    monkeypatch.setitem(Environment.ENVIRON, "DOCUMENTS_STORAGE", f"{url}&addressing=path")
    options = Environment().bucket("DOCUMENTS_STORAGE")
    assert options["secret_key"] == "a/secret"
    own = {"BACKEND": "clinic.s3.EncryptedS3Storage", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "documents": own}
    field = IdentityDocument._meta.get_field("file")
    monkeypatch.setattr(field, "storage", storages["documents"])
    resource = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="a-key",
        aws_secret_access_key="a/secret",
    )
    bucket = resource.Bucket("documents")
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield bucket
    bucket.objects.delete()
    bucket.delete()


def names(bucket) -> set[str]:
    return {each.key.removeprefix("of-the-tests/") for each in bucket.objects.all()}


@pytest.fixture
def patient(bucket) -> Patient:
    return services.register(PatientFactory.build(), clean_photo(upload()), by=desk())


def desk():
    return UserFactory(role=Role.RECEPTIONIST)


def test_a_photo_is_kept_encrypted_with_its_small_copy_and_goes_with_the_next(bucket, patient):
    name = patient.document.file.name
    assert names(bucket) == {name, name + SMALL}
    assert not bucket.Object(f"of-the-tests/{name}").get()["Body"].read().startswith(b"\xff\xd8")
    assert patient.document.file.open().read().startswith(b"\xff\xd8")
    assert small_photo(name).startswith(b"\xff\xd8")

    services.replace_document(patient, clean_photo(upload()), by=desk())
    after = IdentityDocument.objects.get().file.name
    assert names(bucket) == {after, after + SMALL}
    bucket.Object(f"of-the-tests/{after}{SMALL}").delete()
    assert small_photo(after)
    assert after + SMALL in names(bucket)


def test_keys_change_and_what_has_no_row_is_swept(bucket, patient, settings, monkeypatch):
    old = settings.DOCUMENT_KEYS
    settings.DOCUMENT_KEYS = [Fernet.generate_key().decode(), *old]
    storage = storages["documents"]
    storage.save("ab/lost", upload())
    storage.save(f"{IMPORTS}/waiting", upload())
    call_command("reencrypt", stdout=StringIO())
    settings.DOCUMENT_KEYS = settings.DOCUMENT_KEYS[:1]
    name = patient.document.file.name
    assert storage.open(name).read().startswith(b"\xff\xd8")
    assert storage.read_small(name)

    tasks.remove_orphaned_documents(timestamp=0)
    assert "ab/lost" in names(bucket)
    monkeypatch.setattr(tasks, "ORPHANED_AFTER", timedelta(seconds=-5))
    tasks.remove_orphaned_documents(timestamp=0)
    assert names(bucket) == {name, name + SMALL, f"{IMPORTS}/waiting"}


def test_it_is_backed_up_and_restored(bucket, patient, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    before = names(bucket)
    call_command("backup", str(tmp_path / "backups"), stdout=StringIO())
    bucket.objects.delete()
    own = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        database.create(cursor, NEW, "template0")
    database.use(NEW)
    try:
        call_command("restore", str(tmp_path / "backups"), "--check", stdout=StringIO())
        assert names(bucket) == before
        assert IdentityDocument.objects.get().file.open().read().startswith(b"\xff\xd8")
    finally:
        database.use(own)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {NEW} WITH (FORCE)")
    shutil.rmtree(tmp_path / "backups")


def test_what_the_bucket_refuses_fails_as_a_disk_does(bucket):
    bucket.objects.delete()
    bucket.delete()
    try:
        with pytest.raises(OSError, match="The bucket refused") as refused:
            services.register(PatientFactory.build(), clean_photo(upload()), by=desk())
        assert of_circumstances(refused.value).status_code == 503
        assert not Patient.objects.exists()
    finally:
        bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
