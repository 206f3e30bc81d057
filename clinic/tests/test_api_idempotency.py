"""`Idempotency-Key`: what is sent again is answered again, and done once."""

import threading
from datetime import timedelta
from pathlib import Path
from time import sleep

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import PhoneCode
from accounts.one_time import code_digest
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.models import IdempotencyKey, Notification
from clinic.tests.problems import V1, check_problem
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients.models import IdentityDocument, Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking():
    return {
        "doctor_id": str(DoctorFactory().pk),
        "patient_id": str(PatientFactory().pk),
        "starts_at": next_monday(9).isoformat(),
        "duration_minutes": 30,
    }


def book(client, booking, key="key-1"):
    return client.post(
        f"{V1}/appointments", booking, format="json", headers={"Idempotency-Key": key}
    )


def register(client, key="key-1", photo=None, **fields):
    data = {"name": "Ada Lovelace", "email": "ada@mail.example", "phone": "+4930123456"}
    data |= {"document_photo": upload(photo), **fields}
    return client.post(f"{V1}/patients", data, format="multipart", headers={"Idempotency-Key": key})


def test_a_request_that_is_sent_again_is_answered_again_and_does_nothing(api, booking):
    client = api(UserFactory())

    first = book(client, booking)
    again = book(client, dict(reversed(booking.items())))
    slashed = client.post(
        f"{V1}/appointments/", booking, format="json", headers={"Idempotency-Key": "key-1"}
    )

    assert first.status_code == 201
    assert "Idempotent-Replayed" not in first
    for answer in (again, slashed):
        assert (answer.status_code, answer.content) == (201, first.content)
        assert answer["Idempotent-Replayed"] == "true"
        assert (answer["Location"], answer["ETag"]) == (first["Location"], first["ETag"])
        assert answer["Content-Type"] == first["Content-Type"]
    assert Appointment.objects.count() == 1
    assert Notification.objects.count() == ProcrastinateJob.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(api, booking):
    client = api(UserFactory())
    book(client, booking)

    response = book(client, {**booking, "duration_minutes": 45})

    check_problem(response, 422, "validation_error", "Idempotency-Key")
    assert Appointment.objects.count() == 1


def test_a_refusal_is_answered_again_even_when_it_would_succeed_by_now(api, booking):
    taken = AppointmentFactory(doctor=Doctor.objects.get())
    client = api(UserFactory())

    first = book(client, booking)
    Appointment.objects.filter(pk=taken.pk).update(status="cancelled")
    again = book(client, booking)
    with_another_key = book(client, booking, "key-2")

    check_problem(first, 409, "doctor_double_booked", beside=("alternatives",))
    assert (again.status_code, again.content) == (409, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert with_another_key.status_code == 201


def test_keys_belong_to_their_caller_and_route(api, booking):
    receptionist, admin = UserFactory(), UserFactory(role="admin")

    assert book(api(receptionist), booking).status_code == 201
    check_problem(book(api(admin), booking), 409, "doctor_double_booked", beside=("alternatives",))
    assert register(api(receptionist)).status_code == 201
    check_problem(register(api()), 409, "already_registered", beside=("hint",))
    assert register(api())["Idempotent-Replayed"] == "true"
    elsewhere = api()
    elsewhere.defaults["REMOTE_ADDR"] = "10.0.0.1"
    assert "Idempotent-Replayed" not in register(elsewhere)


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "tab\there"])
def test_a_key_is_up_to_255_printable_characters(api, booking, key):
    check_problem(book(api(UserFactory()), booking, key), 400, "malformed_request")
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("key", ["k" * 255, "a b!~", "0"])
def test_any_printable_key_is_taken(api, booking, key):
    client = api(UserFactory())

    assert [book(client, booking, key).status_code for _ in range(2)] == [201, 201]


def test_photos_are_compared_by_content(api):
    client = api()

    first = register(client, photo=jpeg(640, 640))
    again = register(client, photo=jpeg(640, 640))
    other = register(client, photo=jpeg(641, 640))

    assert first.status_code == 201, first.content
    assert (again.status_code, again.content) == (201, first.content)
    check_problem(other, 422, "validation_error", "Idempotency-Key")
    assert Patient.objects.count() == IdentityDocument.objects.count() == 1


def test_after_a_day_the_key_is_free_again(api, booking):
    client = api(UserFactory())
    book(client, booking)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    response = book(client, booking)

    check_problem(response, 409, "doctor_double_booked", beside=("alternatives",))
    assert "Idempotent-Replayed" not in response
    assert IdempotencyKey.objects.get().status == 409


def test_too_many_requests_are_not_answered_from_memory(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "register": "1/h"}
    client = api()

    assert register(client, "key-1", phone="1").status_code == 422
    refused = register(client, "key-2")
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "register": "100/h"}

    check_problem(refused, 429, "too_many_requests")
    assert int(refused["Retry-After"]) > 0
    assert register(client, "key-2").status_code == 201


def test_a_wrong_code_is_a_try_that_counts_under_every_key(api):
    """A refusal takes nothing back that it would leave without a key."""
    user = PatientFactory(with_account=True).user
    phone = str(user.patient.phone)
    digest, soon = code_digest(user, phone, "123456"), timezone.now() + timedelta(minutes=10)
    code = PhoneCode.objects.create(user=user, phone=phone, digest=digest, expires_at=soon)
    client = api(user)

    for key in ("key-1", "key-2", "key-2"):
        refused = client.post(
            f"{V1}/patient/verify-phone",
            {"code": "654321"},
            format="json",
            headers={"Idempotency-Key": key},
        )
        assert (refused.status_code, list(refused.json()["errors"])) == (422, ["code"])

    code.refresh_from_db()
    assert code.tries == 2


def test_a_fault_of_ours_is_tried_anew(api, settings):
    client = api()
    client.raise_request_exception = False
    directory = Path(settings.STORAGES["documents"]["OPTIONS"]["location"])

    directory.write_text("In the way of the photos.")
    refused = register(client)
    directory.unlink()

    check_problem(refused, 500, "server_error")
    assert not Patient.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert register(client).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_running_a_second_is_refused(api, booking):
    user = UserFactory()
    doctor = Doctor.objects.get()
    answers = []

    def first():
        answers.append(book(api(user), booking))
        connection.close()

    thread = threading.Thread(target=first)
    with transaction.atomic():  # The first one waits for the doctor's calendar.
        Doctor.objects.select_for_update().get(pk=doctor.pk)
        thread.start()
        wait_until_somebody_waits()
        second = threading.Thread(target=first)
        second.start()
        second.join(10)
    thread.join(10)

    refused, done = answers
    check_problem(refused, 409, "request_in_progress")
    assert done.status_code == 201
    assert Appointment.objects.count() == 1
    assert book(api(user), booking)["Idempotent-Replayed"] == "true"


def wait_until_somebody_waits(many: int = 1):
    for _ in range(3000):
        with connection.cursor() as cursor:
            # Within a transaction, who is connected is read once, unless one asks anew.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN "
                "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            )
            if cursor.fetchone()[0] >= many:
                return
        sleep(0.01)
    raise AssertionError("The first request never came to the doctor's calendar.")
