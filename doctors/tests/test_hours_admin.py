"""The week of a doctor in the console: seen, changed as a whole, and by whom."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from doctors.admin.week import Week
from doctors.models import Absence, Closure, Doctor, ExtraHours, WorkingHours
from doctors.models.hours import SPANS_SENTENCE
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    WorkingHoursFactory,
)

pytestmark = pytest.mark.django_db

NO_TIME = "Enter a valid time."
MONDAY = date(2027, 3, 22)  # The week in which the clocks of Berlin go forward.


def page(doctor: Doctor) -> str:
    return f"/admin/doctors/doctor/{doctor.pk}/hours/"


def span(weekday: int, starts: str, ends: str, valid_from="", valid_until="", **more) -> dict:
    names = ("weekday", "starts", "ends", "valid_from", "valid_until")
    values = (weekday, starts, ends, valid_from, valid_until)
    return dict(zip(names, values, strict=True)) | more


def sent(*rows: dict, **more) -> dict:
    data = {"span-TOTAL_FORMS": len(rows), "span-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"span-{number}-{name}": value for name, value in row.items()}
    return data | more


def week_of(doctor: Doctor) -> list[str]:
    return [str(hours) for hours in doctor.working_hours.all()]


def rows_of(response) -> list[tuple]:
    """The rows of the page that say something: weekday, from, to."""
    forms = [form for form in response.context["forms"] if not form.is_blank]
    return [
        tuple(str(form[name].value()) for name in ("weekday", "starts", "ends")) for form in forms
    ]


def faults(response) -> dict[str, list[str]]:
    forms = response.context["forms"]
    return {
        f"{number}.{name}": list(found)
        for number, form in enumerate(forms)
        for name, found in form.errors.items()
    }


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RECEPTIONIST])
def test_a_week_is_saved_as_a_whole(role):
    doctor = DoctorFactory()
    old = WorkingHours.objects.create(doctor=doctor, weekday=4, starts=time(9), ends=time(10))
    desk = signed_in(role)

    response = desk.post(
        page(doctor),
        sent(
            span(0, "08:30", "12:30"),
            span(0, "14:00", "00:00"),
            span(1, "", ""),
            span(2, "09:00", "10:00", "2027-01-01", "2027-06-30"),
        ),
    )

    assert said(response) == [f"{doctor}: the week is saved."]
    assert week_of(doctor) == [
        "Monday 08:30 to 12:30",
        "Monday 14:00 to 00:00",
        "Wednesday 09:00 to 10:00",
    ]
    assert not WorkingHours.objects.filter(pk=old.pk).exists()
    kept = doctor.working_hours.get(weekday=2)
    assert (kept.valid_from, kept.valid_until) == (date(2027, 1, 1), date(2027, 6, 30))
    assert response.headers["Location"] == page(doctor)


def test_a_row_is_removed_whatever_else_it_says():
    doctor = DoctorFactory()

    signed_in(Role.ADMIN).post(
        page(doctor), sent(span(0, "09:00", "nonsense", DELETE="on"), span(1, "09:00", "10:00"))
    )

    assert week_of(doctor) == ["Tuesday 09:00 to 10:00"]


@pytest.mark.parametrize(
    ("row", "where"),
    [
        (span(0, "12:00", "14:00"), {"2.starts": [SPANS_SENTENCE]}),
        (span(1, "10:00", "09:00"), {"2.ends": ["The end must be after the start."]}),
        (span(1, "10:00", ""), {"2.ends": ["Enter a time."]}),
        (span(1, "25:00", "26:00"), {"2.starts": [NO_TIME], "2.ends": [NO_TIME]}),
        (
            span(1, "09:00", "10:00", "2027-02-01", "2027-01-01"),
            {"2.valid_until": ["The last day must not be before the first one."]},
        ),
    ],
)  # fmt: skip
def test_a_fault_stands_beside_its_row_and_nothing_is_saved(row, where):
    doctor = DoctorFactory()
    WorkingHours.objects.create(doctor=doctor, weekday=4, starts=time(9), ends=time(10))

    response = signed_in(Role.ADMIN).post(
        page(doctor), sent(span(0, "09:00", "13:00"), span(6, "", ""), row)
    )

    assert response.status_code == 200
    assert faults(response) == where
    assert "Nothing is saved yet." in response.content.decode()
    assert week_of(doctor) == ["Friday 09:00 to 10:00"]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"span-TOTAL_FORMS": "x", "span-INITIAL_FORMS": "0"},
        sent(*(span(0, "09:00", "10:00") for _ in range(101))),
        sent(span(9, "09:00", "10:00")),
    ],
)
def test_a_form_that_was_tampered_with_saves_nothing(data):
    doctor = DoctorFactory()

    response = signed_in(Role.ADMIN).post(page(doctor), data)

    assert response.status_code == 200
    assert not WorkingHours.objects.exists()


def test_one_more_row_and_a_copied_monday_need_no_script():
    doctor = DoctorFactory()
    admin = signed_in(Role.ADMIN)
    typed = sent(span(0, "09:00", "12:00"), span(2, "10:00", "11:00"), span(5, "8", ""))

    more = admin.post(page(doctor), typed | {"add": "5"})
    copied = admin.post(page(doctor), typed | {"copy": "0"})

    assert rows_of(more) == [("0", "09:00", "12:00"), ("2", "10:00", "11:00"), ("5", "8", "")]
    blank = [str(form["weekday"].value()) for form in more.context["forms"] if form.is_blank]
    assert sorted(blank) == ["0", "1", "2", "3", "4", "5", "5", "6"]
    assert rows_of(copied) == [
        ("0", "09:00", "12:00"),
        ("5", "8", ""),
        *((str(day), "09:00", "12:00") for day in (1, 2, 3, 4)),
    ]
    assert admin.post(page(doctor), typed | {"add": "nonsense"}).status_code == 200
    assert not WorkingHours.objects.exists()


def test_a_doctor_keeps_the_own_week_only():
    doctor, other = DoctorFactory(with_account=True), DoctorFactory()
    client = signed_in(doctor.user)

    assert client.get("/admin/doctors/workinghours/").headers["Location"] == page(doctor)
    assert "My hours" in client.get("/admin/").content.decode()
    assert client.post(page(doctor), sent(span(0, "09:00", "10:00"))).status_code == 302
    assert week_of(doctor) == ["Monday 09:00 to 10:00"]
    for answer in (
        client.get(page(other)),
        client.post(page(other), sent(span(0, "9:00", "10:00"))),
    ):
        assert answer.headers["Location"] == "/admin/"
        assert "exist" in said(answer)[-1]
    assert week_of(other) == []
    listed = client.get("/admin/doctors/doctor/").content.decode()
    assert page(doctor) in listed
    assert page(other) not in listed


def test_the_desk_reaches_every_week_from_the_doctor(client):
    doctor = DoctorFactory(with_account=True)
    desk = signed_in(Role.RECEPTIONIST)

    assert page(doctor) in desk.get("/admin/doctors/doctor/").content.decode()
    assert page(doctor) in desk.get(f"/admin/doctors/doctor/{doctor.pk}/change/").content.decode()
    assert "My hours" not in desk.get("/admin/").content.decode()
    assert desk.get("/admin/doctors/workinghours/").headers["Location"] == "/admin/doctors/doctor/"
    for stranger in (client, signed_in(Role.PATIENT)):
        assert stranger.get(page(doctor)).headers["Location"].startswith("/admin/login/")


def test_a_week_shows_hours_exceptions_and_closures():
    doctor = DoctorFactory()
    hours = [
        WorkingHours(weekday=0, starts=time(9), ends=time(0)),
        WorkingHours(
            weekday=0, starts=time(7), ends=time(8), valid_until=MONDAY - timedelta(days=1)
        ),
    ]
    saturday = datetime(2027, 3, 27, 22, tzinfo=UTC)  # 23:00 in Berlin, on the clocks of winter.
    Absence.objects.create(
        doctor=doctor, starts_at=saturday, ends_at=saturday + timedelta(hours=4), reason="Night"
    )
    ExtraHours.objects.create(
        doctor=doctor,
        starts_at=saturday - timedelta(hours=12),
        ends_at=saturday - timedelta(hours=9),
    )
    ExtraHours.objects.create(
        doctor=DoctorFactory(), starts_at=saturday, ends_at=saturday + timedelta(hours=1)
    )
    Closure.objects.create(starts_on=MONDAY - timedelta(days=9), ends_on=MONDAY, reason="Easter")

    week = Week.of(doctor, hours, MONDAY + timedelta(days=6))

    told = [(day.day.day, [(one.kind, one.clock) for one in day.blocks]) for day in week.days]
    assert told == [
        (22, [("hours", "09:00 - 24:00"), ("closure", "All day")]),
        (23, []),
        (24, []),
        (25, []),
        (26, []),
        (27, [("extra", "11:00 - 14:00"), ("absence", "23:00 - 24:00")]),
        (28, [("absence", "00:00 - 04:00")]),
    ]
    assert week.span == (8 * 60, 24 * 60)
    assert all(shape.y + shape.height <= week.height for shape in week.shapes)


def test_the_page_shows_the_week_that_is_asked_for():
    doctor = DoctorFactory()
    Closure.objects.create(starts_on=MONDAY, ends_on=MONDAY, reason="Easter <b>")
    desk = signed_in(Role.RECEPTIONIST)

    asked = desk.get(page(doctor), {"week": "2027-03-25"}).content.decode()

    assert "22 March to 28 March 2027" in asked
    assert "Easter &lt;b&gt;" in asked
    assert "?week=2027-03-15" in asked
    assert "?week=2027-03-29" in asked
    assert " style=" not in asked
    for nonsense in ("x", "0001-01-01", "9999-12-31"):
        week = desk.get(page(doctor), {"week": nonsense}).context["week"]
        assert week.monday <= timezone.localdate() <= week.sunday


@pytest.mark.parametrize("spans", [1, 12])
def test_the_page_takes_a_fixed_number_of_queries(spans, django_assert_num_queries):
    doctor = DoctorFactory()
    for number in range(spans):
        WorkingHours.objects.create(
            doctor=doctor, weekday=number % 7, starts=time(number), ends=time(number, 30)
        )
        at = datetime(2027, 3, 22 + number % 7, number, tzinfo=UTC)
        for model in (Absence, ExtraHours):
            model.objects.create(doctor=doctor, starts_at=at, ends_at=at + timedelta(minutes=30))
    desk = signed_in(Role.RECEPTIONIST)

    with django_assert_num_queries(11):
        assert desk.get(page(doctor), {"week": "2027-03-22"}).status_code == 200


def test_spans_name_a_place_and_visit_types():
    doctor, place, kind = DoctorFactory(), LocationFactory(), HealthcareServiceFactory()
    named = {"location": str(place.pk), "services": [str(kind.pk)]}
    admin = signed_in(Role.ADMIN)

    admin.post(page(doctor), sent(span(0, "09:00", "12:00", **named), span(1, "09:00", "10:00")))
    shown = admin.get(page(doctor))

    [monday, tuesday] = doctor.working_hours.with_services()
    assert (monday.location_id, monday.service_ids) == (place.pk, {kind.pk})
    assert (tuesday.location_id, tuesday.service_ids) == (None, set())
    assert f"({place}: {kind})" in shown.content.decode()
    first = shown.context["forms"].forms[0]
    assert (first["location"].value(), first["services"].value()) == (place.pk, [str(kind.pk)])
    assert first.types_words == str(kind)


def test_a_copied_monday_has_its_place_and_types_with_it():
    doctor, place, kind = DoctorFactory(), LocationFactory(), HealthcareServiceFactory()
    named = {"location": str(place.pk), "services": [str(kind.pk)]}

    response = signed_in(Role.ADMIN).post(
        page(doctor), sent(span(0, "09:00", "12:00", **named), copy="0")
    )

    rows = [form for form in response.context["forms"] if not form.is_blank]
    assert len(rows) == 5
    assert {form["location"].value() for form in rows} == {str(place.pk)}
    assert all(form["services"].value() == [str(kind.pk)] for form in rows)


def test_where_there_are_no_places_and_types_the_week_knows_none():
    hours = WorkingHoursFactory()

    content = signed_in(Role.ADMIN).get(page(hours.doctor)).content.decode()

    assert "Any place" not in content
    assert "All visit types" not in content


def test_a_week_is_saved_with_a_place_that_went_out_of_use_and_with_no_other_such():
    """What stands stays, whatever else is changed in the week."""
    gone, other = LocationFactory(is_active=False), LocationFactory(is_active=False)
    hours = WorkingHoursFactory(location=gone)
    row = span(0, "09:00", "17:00", location=str(gone.pk))
    admin = signed_in(Role.ADMIN)

    admin.post(page(hours.doctor), sent(row, span(1, "09:00", "10:00")))
    refused = admin.post(
        page(hours.doctor), sent(row, span(2, "09:00", "10:00", location=other.pk))
    )

    assert week_of(hours.doctor) == ["Monday 09:00 to 17:00", "Tuesday 09:00 to 10:00"]
    assert list(faults(refused)) == ["1.location"]
