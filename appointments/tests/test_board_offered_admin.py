"""Board and calendar show what visits are, what is kept free around them, one place alone, and
rooms in the doctors' place."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentResource
from appointments.services.room_changes import give_another_room
from appointments.tests.board import DAY, at, poll, text
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from doctors.models import Doctor, ResourceOutage, WorkingHours
from doctors.tests.factories import HealthcareServiceFactory, LocationFactory, ResourceFactory

pytestmark = pytest.mark.django_db

EVENTS = f"/admin/calendar/events/?from={DAY}&to={DAY + timedelta(days=1)}"


@pytest.fixture
def desk():
    with time_machine.travel(f"{DAY}T09:00:30+01:00", tick=False):
        yield signed_in(Role.RECEPTIONIST)


def typed(hour: int, minute: int = 0, *rooms, **fields) -> Appointment:
    """A visit of a type, ten minutes before and fifteen after which are kept free."""
    buffers = {"buffer_before_minutes": 10, "buffer_after_minutes": 15}
    fields.setdefault("service", HealthcareServiceFactory())
    visit = at(hour, minute, **(buffers | fields))
    for room in rooms:
        AppointmentResource.objects.create(
            resource=room,
            appointment=visit,
            busy_from=visit.holds_from,
            busy_until=visit.holds_until,
        )
    return visit


def column_of(page, whose):
    return next(one for one in page.context["board"].columns if one.of == whose)


def test_what_is_kept_free_is_an_edge_of_the_card_and_no_free_time(desk):
    doctor, room = doctor_working("08:00-12:00"), ResourceFactory(name="Sono <1>")
    visit = typed(10, 0, room, doctor=doctor, price_amount=45, price_currency="EUR")
    typed(11, 30, doctor=doctor, status=Status.CANCELLED)

    page = desk.get("/admin/")
    content = text(page)

    card, cancelled = column_of(page, doctor).cards
    first = card.rows.first
    assert card.buffers == [(first - 2, first), (first + 6, first + 9)]
    assert cancelled.buffers == []
    gaps = [(gap.label, gap.minutes) for gap in column_of(page, doctor).gaps]
    assert gaps == [("", 45), ("", 75)]  # 09:05 to 09:50, and 10:45 to noon.
    assert content.count('class="card-buffer') == 2
    assert f">{visit.service}</span> <span" in content
    for shown in ("(Sono &lt;1&gt;)", "45.00 EUR", "Kept free: 10 min before, 15 min after"):
        assert shown in content
    event = next(one for one in desk.get(EVENTS).json() if one.get("id") == str(visit.pk))
    told = event["extendedProps"]
    assert (told["type"], told["rooms"]) == (visit.service.name, "Sono <1>")
    assert (told["before"], told["after"]) == (10, 15)


def test_one_place_alone(desk):
    north, south = LocationFactory(name="North"), LocationFactory(name="South")
    here, there, anywhere = (doctor_working("08:00-12:00") for _ in range(3))
    both = doctor_working("08:00-10:00", "10:00-12:00")
    for doctor, place in ((here, north), (there, south)):
        WorkingHours.objects.filter(doctor=doctor).update(location=place)
    WorkingHours.objects.filter(doctor=both, starts="08:00").update(location=south)
    WorkingHours.objects.filter(doctor=both, starts="10:00").update(location=north)
    shown = [at(11, doctor=here, location=north), at(11, doctor=anywhere)]
    at(11, doctor=there, location=south)

    page = desk.get(f"/admin/?place={north.pk}")
    content = text(page)

    board = page.context["board"]
    assert set(board.idle) == {there}
    assert board.visits == shown
    assert [gap.minutes for gap in column_of(page, both).gaps] == [120]
    assert f"?day=2027-03-03&amp;place={north.pk}" in content
    assert f'href="/admin/?place={north.pk}" data-key="t"' in content  # Today, whenever that is.
    assert f"location={north.pk}" in content  # Of the free times that are booked from here.
    drawn = desk.get(f"/admin/calendar/?view=day&date={DAY}&place={north.pk}").context["drawn"]
    assert {one["title"] for one in drawn} == {str(one) for one in (here, anywhere, both)}
    events = desk.get(f"{EVENTS}&place={north.pk}").json()
    assert {one["id"] for one in events if "id" in one} == {str(visit.pk) for visit in shown}
    assert desk.get("/admin/?place=nowhere").status_code == 302


def test_rooms_in_the_doctors_place(desk):
    doctor = doctor_working("08:00-12:00", with_account=True)
    one, two = ResourceFactory(name="Sono 1"), ResourceFactory(name="Sono 2")
    visit = typed(10, 0, one, two, doctor=doctor)
    other = typed(11, 0, one, doctor=doctor_working("08:00-12:00"))
    at(9, doctor=doctor)
    out = {"starts_at": visit.holds_until, "ends_at": visit.holds_until + timedelta(hours=1)}
    ResourceOutage.objects.create(resource=two, reason="Repair", **out)

    page = desk.get("/admin/?by=rooms")
    content = text(page)

    board = page.context["board"]
    assert [column.of for column in board.columns] == [one, two]
    assert [card.visit for card in column_of(page, one).cards] == [visit, other]
    assert [block.label for block in column_of(page, two).blocks] == ["Repair"]
    assert board.visits == [visit, other]
    ids = [f'id="v-{visit.pk}"', f'id="v-{visit.pk}-2"']
    assert [content.count(each) for each in ids] == [1, 1]
    assert f"({doctor})" in content
    assert "&amp;by=rooms" in content

    # A doctor sees that the room is taken, not by whom.
    theirs = signed_in(doctor.user).get("/admin/?by=rooms")
    assert [block.label for block in column_of(theirs, one).blocks] == ["Taken"]
    assert other.patient.last_name not in text(theirs)
    events = desk.get(f"{EVENTS}&by=rooms").json()
    drawn = {event["id"]: event for event in events if "id" in event}
    assert drawn[str(visit.pk)]["resourceIds"] == [str(one.pk), str(two.pk)]
    assert not drawn[str(visit.pk)]["editable"]
    assert [event["title"] for event in events if "id" not in event] == ["Repair"]
    calendar = desk.get(f"/admin/calendar/?view=rooms&date={DAY}")
    assert [row["visits"] for row in calendar.context["rows"]] == [[visit, other], [visit]]


def test_a_board_of_rooms_is_told_of_what_changes_in_them(desk):
    one, two = ResourceFactory(), ResourceFactory()
    visit = typed(10, 0, one)
    by_rooms, by_doctor = "?by=rooms", ""
    tags = {
        query: str(desk.get(f"/admin/{query}").context["board"].tag)
        for query in (by_rooms, by_doctor)
    }
    for query, tag in tags.items():
        assert poll(desk, tag, query).status_code == 304

    with time_machine.travel(f"{DAY}T09:00:40+01:00", tick=False):
        give_another_room(visit.resource_bookings.get(), two, by=UserFactory())
        for query, tag in tags.items():
            assert poll(desk, tag, query).status_code == 200
        fresh = poll(desk, "", by_rooms).headers["ETag"]
        out = {"starts_at": visit.starts_at, "ends_at": visit.ends_at}
        ResourceOutage.objects.create(resource=one, **out)
        assert poll(desk, fresh, by_rooms).status_code == 200


@pytest.mark.parametrize("url", ["/admin/", "/admin/?by=rooms", "/admin/day-sheet/", EVENTS])
def test_types_places_and_rooms_cost_three_queries_however_many_there_are(desk, url):
    counts = []
    LocationFactory()
    desk.get(url)  # The menu asks once a while what is set up.
    for size in (1, 8):
        for _ in range(size):
            doctor, room = doctor_working("08:00-12:00"), ResourceFactory()
            for hour in (8, 10):
                typed(hour, 0, room, doctor=doctor, location=LocationFactory())
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url).status_code == 200
        counts.append(len(queries))

    print(url, counts, Doctor.objects.count())
    assert counts[0] == counts[1] <= 17, counts
