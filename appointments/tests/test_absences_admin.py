"""Time off and extra hours in the console."""

from datetime import timedelta

import pytest

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from appointments.tests.absences import local, monday, page, visits_page
from appointments.tests.factories import next_monday
from doctors.models import Absence, ExtraHours
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return signed_in(Role.RECEPTIONIST)


@pytest.mark.parametrize(
    ("typed", "starts", "ends"),
    [
        ({}, (0, 0), (1, 0)),
        ({"last": 2}, (0, 0), (3, 0)),
        ({"starts": "10:00"}, (0, 10), (1, 0)),
        ({"starts": "10:00", "ends": "12:00"}, (0, 10), (0, 12)),
        ({"last": 1, "ends": "12:00"}, (0, 0), (1, 12)),
    ],
)
def test_time_off_is_whole_days_unless_times_are_given(desk, typed, starts, ends):
    doctor, day = DoctorFactory(), monday()
    data = {"first": day.isoformat(), "reason": "Course", **typed}
    if "last" in typed:
        data["last"] = (day + timedelta(days=typed["last"])).isoformat()

    response = desk.post(page(doctor), data)

    assert response.headers["Location"] == page(doctor)
    absence = Absence.objects.get()
    assert absence.starts_at == local(day + timedelta(days=starts[0]), starts[1])
    assert absence.ends_at == local(day + timedelta(days=ends[0]), ends[1])
    assert "Course" in desk.get(page(doctor)).content.decode()


def test_time_off_over_a_change_of_the_clocks(desk):
    """28 March 2027 has 23 hours in Berlin."""
    desk.post(page(DoctorFactory()), {"first": "2027-03-28"})

    absence = Absence.objects.get()
    assert absence.ends_at - absence.starts_at == timedelta(hours=23)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"first": ""}, "first"),
        ({"first": "9999-12-31"}, "first"),
        ({"first": "soon"}, "first"),
        ({"last": "2020-01-01"}, "last"),
        ({"starts": "12:00", "ends": "11:00"}, "last"),
        ({"reason": "a\x07b"}, "reason"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk, typed, field):
    response = desk.post(page(DoctorFactory()), {"first": monday().isoformat()} | typed)

    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert not Absence.objects.exists()


def test_extra_hours_may_last_over_midnight_and_not_overlap(desk):
    doctor, day = DoctorFactory(), monday()
    where = page(doctor, "extra-hours")
    data = {"day": day.isoformat(), "starts": "22:00", "ends": "02:00"}

    assert desk.post(where, data).headers["Location"] == where
    again = desk.post(where, data)

    extra = ExtraHours.objects.get()
    assert (extra.starts_at, extra.ends_at) == (local(day, 22), local(day + timedelta(days=1), 2))
    assert again.context["form"].errors == {"day": ["These extra hours overlap with others."]}


@pytest.mark.parametrize(("name", "model"), [("time-off", Absence), ("extra-hours", ExtraHours)])
def test_a_time_is_removed_on_a_second_look(desk, name, model):
    doctor = DoctorFactory()
    row = model.objects.create(doctor=doctor, starts_at=next_monday(9), ends_at=next_monday(10))
    delete = f"{page(doctor, name)}{row.pk}/delete/"

    assert delete in desk.get(page(doctor, name)).content.decode()
    assert desk.get(delete).status_code == 200
    assert model.objects.exists()
    assert desk.post(delete).headers["Location"] == page(doctor, name)
    assert not model.objects.exists()
    assert "exist" in said(desk.post(delete))[-1]
    elsewhere = f"{page(DoctorFactory(), name)}{row.pk}/delete/"
    assert desk.get(elsewhere).status_code == 302


def test_a_doctor_enters_and_removes_the_own_time_off_only():
    doctor, other = DoctorFactory(with_account=True), DoctorFactory()
    theirs = Absence.objects.create(
        doctor=other, starts_at=next_monday(9), ends_at=next_monday(10), reason="Operation"
    )
    client = signed_in(doctor.user)

    client.post(page(doctor), {"first": monday().isoformat()})
    assert Absence.objects.get(doctor=doctor).created_by == doctor.user
    for url in (
        page(other),
        page(other, "extra-hours"),
        page(other, "ahead"),
        visits_page(theirs),
        f"{page(other)}{theirs.pk}/delete/",
    ):
        for answer in (client.get(url), client.post(url, {"first": monday().isoformat()})):
            assert answer.headers["Location"] == "/admin/"
            assert "Operation" not in answer.content.decode()
    assert list(Absence.objects.filter(doctor=other)) == [theirs]
