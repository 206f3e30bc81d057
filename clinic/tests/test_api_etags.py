"""`ETag`, `If-Match` and `If-None-Match`, and what a client that sends back a record may do."""

import pytest

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1, check_problem
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(api):
    return api(UserFactory(role="admin"))


@pytest.mark.parametrize("make", [PatientFactory, DoctorFactory, AppointmentFactory])
def test_a_record_that_is_known_is_not_sent_again(client, make):
    path = f"{V1}/{make._meta.model._meta.verbose_name_plural}/{make().pk}"
    tag = client.get(path)["ETag"]

    assert tag.startswith('"')
    assert client.head(path)["ETag"] == tag
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = client.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("make", [PatientFactory, DoctorFactory])
@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_what_somebody_else_has_changed_meanwhile_is_not_written_over(client, make, method):
    record = make()
    path = f"{V1}/{make._meta.model._meta.verbose_name_plural}/{record.pk}"
    tag = client.get(path)["ETag"]
    assert client.patch(path, {"last_name": "Changed"}, format="json")["ETag"] != tag

    for stale in (tag, f"W/{tag}", '"a", "b"'):
        response = getattr(client, method)(
            path, {"nothing": 1}, format="json", headers={"If-Match": stale}
        )
        check_problem(response, 412, "precondition_failed")
    check_problem(
        getattr(client, method)(path, headers={"If-Match": "no quotes"}), 400, "malformed_request"
    )
    record.refresh_from_db()
    assert record.last_name == "Changed"


@pytest.mark.parametrize("match", ["tag", "*", "list"])
def test_what_is_as_it_was_read_is_changed(client, match):
    path = f"{V1}/doctors/{DoctorFactory().pk}"
    tag = client.get(path)["ETag"]
    header = {"tag": tag, "*": "*", "list": f'"a", {tag}'}[match]

    changed = client.patch(
        path, {"last_name": "Noether"}, format="json", headers={"If-Match": header}
    )

    assert changed.json()["last_name"] == "Noether"
    assert changed["ETag"] == client.get(path)["ETag"] != tag


@pytest.mark.parametrize("make", [PatientFactory, DoctorFactory])
def test_a_record_may_be_sent_back_as_it_was_read_with_a_change(client, make):
    path = f"{V1}/{make._meta.model._meta.verbose_name_plural}/{make().pk}"
    read = client.get(path)

    response = client.put(
        path,
        {**read.json(), "email": "new@mail.example"},
        format="json",
        headers={"If-Match": read["ETag"]},
    )

    assert response.status_code == 200, response.content
    told = {**response.json(), "updated_at": read.json()["updated_at"]}
    assert told == {**read.json(), "email": "new@mail.example"}


def test_fields_that_cannot_be_set_are_refused_where_they_differ(client):
    path = f"{V1}/doctors/{DoctorFactory().pk}"
    read = client.get(path).json()

    response = client.put(path, {**read, "id": "x", "created_at": None}, format="json")

    check_problem(response, 422, "validation_error", "id", "created_at")
    assert client.get(path).json() == read


def test_a_photo_has_a_tag_of_its_own(client):
    path = f"{V1}/patients/{PatientFactory().pk}/document"

    def put(tag):
        return client.put(
            path, {"document_photo": upload()}, format="multipart", headers={"If-Match": tag}
        )

    check_problem(put("*"), 412, "precondition_failed")
    assert client.put(path, {"document_photo": upload()}, format="multipart").status_code == 204
    tag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert put(tag).status_code == 204
    check_problem(put(tag), 412, "precondition_failed")


def test_deleting_heeds_the_tag(client):
    for model, make in ((Patient, PatientFactory), (Doctor, DoctorFactory)):
        path = f"{V1}/{model._meta.verbose_name_plural}/{make().pk}"
        tag = client.get(path)["ETag"]

        check_problem(client.delete(path, {"a": 1}, format="json"), 422, "validation_error", "a")
        response = client.delete(path, headers={"If-Match": tag})

        assert (response.status_code, response.content) == (204, b"")
        assert not model.objects.exists()
