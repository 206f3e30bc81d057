"""The short way of a read answers, byte for byte, what the long way answers, and notes the same."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import AccessLog, SignIn
from accounts.roles import Role
from accounts.services.sign_ins import end_all
from accounts.tests.factories import UserFactory
from appointments.api.appointments import AppointmentViewSet
from appointments.models import Appointment, AppointmentResource, GroupSession
from appointments.services import book, cancel
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.api.patients import PatientViewSet
from patients.models import CareAssignment, RelatedPerson
from patients.photos import clean_photo
from patients.services import replace_document
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

pytestmark = pytest.mark.django_db

VIEWS = (AppointmentViewSet, PatientViewSet)
DAY = f"date={next_monday(9):%Y-%m-%d}"
LISTS = (
    (DAY, 2),
    (f"{DAY}&doctor_id={{doctor}}", 2),
    (f"{DAY}&status=cancelled", 2),
    (f"{DAY}&service_id={{service}}", 2),
    (f"{DAY}&location_id={{location}}&doctor_id={{doctor}}", 2),
    (f"{DAY}&page_size=2", 2),
    (f"page=2&page_size=1&{DAY}&doctor_id={{doctor}}", 2),
    (f"{DAY}&page=3&page_size=1", 2),
    (f"{DAY}&page_size=4", 2),
    ("date=2031-01-06", 2),
    # What is not ordinary: the statements of both ways together.
    (f"{DAY}&page=9", None),
    (f"{DAY}&page=0", None),
    (f"{DAY}&page=01", None),
    (f"{DAY}&page_size=201", None),
    (f"{DAY}&{DAY}", None),
    (f"{DAY}&ordering=-starts_at", None),
    (f"{DAY}&resource_id={{room}}", None),
    (f"{DAY}&service_id=7", None),
    (f"{DAY}&colour=red", None),
    (f"{DAY}&status=lost", None),
    (f"{DAY}&status=%ff", None),
    ("date=2031-13-06", None),
    ("", None),
)


@pytest.fixture
def people():
    """Two doctors and two patients with accounts, the desk, and visits of all on one day."""
    doctor, other = DoctorFactory(with_account=True), DoctorFactory(with_account=True)
    patient = PatientFactory(
        with_account=True,
        first_name='Zoë \u2028 "Z"',
        insurance_provider="Mutual",
        insurance_policy_number="P-7",
        medical_history="Asthma\nGout",
        emergency_contact_name="Bo",
        emergency_contact_phone="+4915112345678",
    )
    stranger = PatientFactory(first_name="", last_name="Solo", date_of_birth=None)
    replace_document(patient, clean_photo(upload()), by=patient.user)
    CareAssignment.objects.create(doctor=doctor, patient=patient)
    start = next_monday(9)
    for number, (one, whom) in enumerate(
        [(doctor, patient), (doctor, stranger), (other, patient), (other, stranger)]
    ):
        visit = AppointmentFactory(
            doctor=one,
            patient=whom,
            starts_at=start + timedelta(hours=number, microseconds=number),
            ends_at=start + timedelta(hours=number, minutes=30),
            reason='Cough\n"</script>" \u2029',
        )
    cancel(visit, by=None)
    AppointmentFactory(
        doctor=doctor,
        patient=patient,
        starts_at=next_monday(9, minute=30),
        ends_at=next_monday(10),
        overbook_reason="Twins",
    )
    typed = typed_visit(doctor, patient)
    return {
        "desk": UserFactory(),
        "admin": UserFactory(role=Role.ADMIN),
        "doctor": doctor.user,
        "patient": patient.user,
        "ids": {
            "doctor": doctor.pk,
            "patient": patient.pk,
            "stranger": stranger.pk,
            "service": typed.service_id,
            "location": typed.location_id,
            "room": typed.rooms[0].pk,
        },
    }


def typed_visit(doctor, patient):
    """One with all that a type brings along, and one of a session that has the same."""
    service = HealthcareServiceFactory(
        name="Scan & Co",
        buffer_after_minutes=10,
        price_amount=45,
        price_currency="JPY",
    )
    for pool in ("Ultrasound", "Room"):
        ResourceFactory(pool=pool, name=f"B {pool}"), ResourceFactory(pool=pool, name=f"A {pool}")
        service.needs.create(pool=pool, count=1)
    wish = Appointment(
        doctor=doctor,
        patient=patient,
        service=service,
        location=LocationFactory(),
        starts_at=next_monday(14),
        ends_at=None,
    )
    typed = book(wish, by=None)
    session = GroupSession.objects.create(
        doctor=doctor, starts_at=next_monday(16), ends_at=next_monday(17), capacity=2
    )
    AppointmentResource.objects.create(
        resource=ResourceFactory(name="C"),
        session=session,
        busy_from=session.starts_at,
        busy_until=session.ends_at,
    )
    AppointmentFactory(
        doctor=doctor,
        patient=patient,
        session=session,
        seat=1,
        service=service,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    return typed


def asked(client, path: str, **headers):
    """The answer but for what is new in each, and what the access log has of it."""
    last = AccessLog.objects.order_by("id").values_list("id", flat=True).last() or 0
    response = client.get(path, **headers)
    noted = AccessLog.objects.filter(id__gt=last)
    rows = [(row.user_id, row.action, sorted(row.patients), row.door, row.address) for row in noted]
    assert all(row.request_id == response["X-Request-ID"] for row in noted)
    own = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
    content = response.content.replace(response["X-Request-ID"].encode(), b"")
    return response.status_code, own, content, rows


def both_ways(client, path: str, monkeypatch, **headers):
    short = asked(client, path, **headers)
    with monkeypatch.context() as patch:
        for view in VIEWS:
            patch.setattr(view, "short_ways", {})
        assert asked(client, path, **headers) == short
    return short


@pytest.mark.parametrize("who", ["desk", "admin", "doctor", "patient"])
def test_a_day_is_listed_alike(api, people, who, monkeypatch, django_assert_num_queries):
    client = api(people[who])
    for query, statements in LISTS:
        path = f"/api/v1/appointments?{query.format(**people['ids'])}"
        status, _, _, noted = both_ways(client, path, monkeypatch)
        if statements and status == 200 and who != "patient":
            with django_assert_num_queries(statements):
                client.get(path)
        assert len(noted) <= 1

    both_ways(client, f"/api/v1/appointments?{DAY}", monkeypatch, HTTP_ACCEPT="text/html")
    both_ways(client, f"/api/v1/appointments?{DAY}", monkeypatch, HTTP_IF_MATCH='"a"')
    both_ways(client, f"/api/v1/appointments/?{DAY}", monkeypatch)


@pytest.mark.parametrize("who", ["desk", "admin", "doctor", "patient"])
def test_a_patient_is_shown_alike(api, people, who, monkeypatch, django_assert_num_queries):
    client, ids = api(people[who]), people["ids"]
    merged = PatientFactory(merged_into_id=ids["patient"])
    own = f"/api/v1/patients/{ids['patient']}"
    status, headers, _, noted = both_ways(client, own, monkeypatch)
    assert (status, len(noted)) == (200, 1)
    if who != "patient":
        with django_assert_num_queries(2):
            client.get(own)

    for key in (ids["stranger"], merged.pk, ids["doctor"], "7", str(ids["patient"]).upper()):
        both_ways(client, f"/api/v1/patients/{key}", monkeypatch)
    for more in ("?page=1", "/"):
        both_ways(client, own + more, monkeypatch)
    tag = headers["ETag"]
    assert both_ways(client, own, monkeypatch, HTTP_IF_NONE_MATCH=tag)[0] == 304


def test_who_may_not_gets_the_same_refusal(api, people, monkeypatch):
    desk, path = people["desk"], f"/api/v1/appointments?{DAY}"
    client, record = api(desk), f"/api/v1/patients/{people['ids']['patient']}"
    for address in (path, record):
        assert both_ways(api(), address, monkeypatch)[0] == 401
        for header in ("Bearer", "Bearer x", "Basic eDp5", "Bearer \xff"):
            status = both_ways(api(), address, monkeypatch, HTTP_AUTHORIZATION=header)[0]
            assert status == 401, header
    desk.must_change_password = True
    desk.save()
    assert both_ways(client, path, monkeypatch)[0] == 403
    desk.must_change_password = False
    desk.save()
    assert both_ways(client, path, monkeypatch)[0] == 200
    end_all(desk, SignIn.Ended.BY_USER)
    assert both_ways(client, path, monkeypatch)[0] == 401
    assert both_ways(client, record, monkeypatch)[0] == 401


@pytest.mark.parametrize("shown", ["patients/{}", "appointments?date={:%Y-%m-%d}"])
def test_who_acts_for_a_patient_until_a_day_sees_nothing_from_the_next_day_on(
    api, people, shown, monkeypatch
):
    """What was put together on one day is no leave to look on the next."""
    parent, child = people["patient"], people["ids"]["stranger"]
    RelatedPerson.objects.create(
        patient_id=child,
        related_patient_id=people["ids"]["patient"],
        relationship=RelatedPerson.Relationship.CAREGIVER,
        may_act=True,
        confirmed_at=timezone.now(),
        valid_until=timezone.localdate(),
    )
    client = api(parent)
    path = "/api/v1/" + shown.format(child if "{}" in shown else next_monday(9))
    first = both_ways(client, path, monkeypatch)
    assert first[0] == 200
    assert [child in row[2] for row in first[3]] == [True]

    with time_machine.travel(timezone.now() + timedelta(days=1)):
        SignIn.objects.update(expires_at=timezone.now() + timedelta(days=1))
        later = both_ways(api(parent), path, monkeypatch)
    assert not any(child in row[2] for row in later[3])


def test_the_use_of_a_sign_in_is_noted_on_the_short_way_too(api, people):
    client = api(people["desk"])
    long_ago = timezone.now() - timedelta(hours=1)
    SignIn.objects.update(last_used_at=long_ago)

    assert client.get(f"/api/v1/appointments?{DAY}").status_code == 200

    assert SignIn.objects.filter(user=people["desk"]).get().last_used_at > long_ago
