"""The first page of the console: what the board shows to whom, what it asks, what it notes."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from appointments import services
from appointments.tests.board import BERLIN, DAY, at, poll, text
from appointments.tests.scheduling import doctor_working
from appointments.transitions import Status
from doctors.models import Absence, Closure
from doctors.tests.factories import DoctorFactory
from patients.models import Note
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ten():
    """It is ten o'clock on the day."""
    with time_machine.travel(datetime(2027, 3, 2, 10, 0, 30, tzinfo=BERLIN), tick=False) as clock:
        yield clock


@pytest.fixture
def desk(ten):
    return signed_in(Role.RECEPTIONIST)


def test_the_day_by_doctor_with_states_and_gaps(desk):
    doctor = doctor_working("08:00-12:00", last_name="Curie")
    at(8, doctor=doctor, status=Status.FULFILLED)
    at(9, 30, doctor=doctor)
    at(11, doctor=doctor)
    idle = DoctorFactory(last_name="Noether")

    page = desk.get("/admin/")
    content = text(page)

    board = page.context["board"]
    assert [column.doctor for column in board.columns] == [doctor]
    assert board.idle == [idle]
    assert [gap.minutes for gap in board.columns[0].gaps] == [55, 30]
    assert (board.frame.rows, board.now_row) == (48, 24)
    assert "Free 55 min" in content
    assert ">30 min late<" in content
    for word in ("Fulfilled", "Booked"):
        assert f">{word}</span>" in content
    assert f"/admin/walk-in/?doctor={doctor.pk}&amp;time=10%3A05" in content


def test_who_waits_how_long(desk, ten):
    doctor = doctor_working("08:00-12:00")
    visit = at(10, 30, doctor=doctor)
    services.advance(visit, Status.CHECKED_IN, by=UserFactory())
    ten.shift(timedelta(minutes=45))

    content = text(desk.get("/admin/"))

    assert ">waits 45 min<" in content
    assert "longest wait <strong>45 min</strong>" in content


def test_absences_and_closures_are_shown_and_no_gap_in_them(desk):
    doctor = doctor_working("08:00-12:00")
    other = DAY + timedelta(days=1)
    starts = datetime(2027, 3, 2, 8, tzinfo=BERLIN)
    Absence.objects.create(doctor=doctor, starts_at=starts, ends_at=starts + timedelta(hours=3))
    Closure.objects.create(starts_on=other, ends_on=other)

    today, closed = desk.get("/admin/"), desk.get("/admin/", {"day": other.isoformat()})

    assert "Absent" in text(today)
    assert [gap.minutes for gap in today.context["board"].columns[0].gaps] == [60]
    assert "Clinic closed" in text(closed)
    assert closed.context["board"].columns[0].gaps == []


def test_visits_at_the_same_time_stand_side_by_side(desk):
    doctor = doctor_working("08:00-12:00")
    at(9, doctor=doctor)
    at(9, 15, doctor=doctor, overbook_reason="Urgent")
    at(11, doctor=doctor)

    page = desk.get("/admin/")

    column = page.context["board"].columns[0]
    assert column.lanes == 2
    assert [(card.left, card.right) for card in column.cards] == [(0, 1), (1, 2), (0, 2)]
    assert "Overbooked" in text(page)


def test_a_cancelled_visit_takes_no_room_from_the_free_time_it_leaves(desk):
    doctor = doctor_working("08:00-12:00")
    at(11, doctor=doctor, status=Status.CANCELLED)

    page = desk.get("/admin/")

    column = page.context["board"].columns[0]
    gap = column.gaps[0]
    assert (gap.minutes, column.lanes, gap.left, gap.right) == (115, 1, 0, 1)
    assert "has-strip" in text(page)


@pytest.mark.parametrize(
    ("hour", "minute", "is_due"), [(9, 0, True), (10, 30, True), (10, 31, False)]
)
def test_checking_in_stands_out_when_it_is_due(desk, hour, minute, is_due):
    at(hour, minute, doctor=doctor_working("08:00-12:00"))

    assert ("is-next is-due" in text(desk.get("/admin/"))) is is_due


def test_a_card_says_whom_it_is_about(desk):
    patient = PatientFactory(date_of_birth=date(1962, 5, 4))
    visit = at(11, doctor=doctor_working("08:00-12:00"), patient=patient, reason="Knee hurts")

    content = text(desk.get("/admin/"))

    for words in ("*1962", "Knee hurts", "Born 4 May 1962", patient.phone.as_international):
        assert words in content
    assert content.count(f"{timezone.localtime(visit.starts_at):%H:%M}</span>") == 1


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25)])
def test_a_day_has_as_many_rows_as_minutes(desk, day, hours):
    doctor = doctor_working("00:00-00:00")

    board = desk.get("/admin/", {"day": day.isoformat()}).context["board"]

    assert board.frame.rows == hours * 12
    labels = [f"{hour:%H}" for _, hour in board.hours]
    assert labels.count("02") == hours - 23
    assert board.columns[0].doctor == doctor


def test_day_and_doctor_stand_in_the_address(desk):
    one, other = doctor_working("08:00-12:00"), doctor_working("08:00-12:00")
    tomorrow = DAY + timedelta(days=1)
    visit = at(9, doctor=one, day=tomorrow)
    at(9, doctor=other, day=tomorrow)

    page = desk.get("/admin/", {"day": "2027-03-03", "doctor": one.pk})

    assert [column.doctor for column in page.context["board"].columns] == [one]
    assert page.context["board"].visits == [visit]
    assert f"?day=2027-03-04&amp;doctor={one.pk}" in text(page)


@pytest.mark.parametrize(
    "query", ["day=nonsense", "day=0001-01-01", "day=all", "day=%00", "doctor=x", "day=9999-12-31"]
)
def test_an_address_that_makes_no_sense_leads_to_today(desk, query):
    page = desk.get(f"/admin/?{query}", follow=True)

    assert page.redirect_chain == [("/admin/", 302)]
    assert "There is no such day or doctor." in text(page)
    assert desk.get(f"/admin/board/?{query}").status_code == 404
    assert desk.get(f"/admin/day-sheet/?{query}").status_code == 302


@pytest.mark.parametrize("page", ["/admin/", "/admin/day-sheet/"])
def test_nothing_that_is_encrypted_is_read(desk, ten, settings, page):
    patient = PatientFactory(last_name="Wobblethorpe", medical_history="Asthma")
    at(9, doctor=doctor_working("08:00-12:00"), patient=patient)
    settings.DOCUMENT_KEYS = [Fernet.generate_key().decode()]

    assert "Wobblethorpe" in text(desk.get(page))


def test_a_doctor_sees_the_own_column_alone(ten):
    doctor = doctor_working("08:00-12:00", with_account=True)
    other = doctor_working("08:00-12:00", last_name="Wobblethorpe")
    mine, theirs = at(9, doctor=doctor), at(9, doctor=other, reason="Wobbly knee")
    client = signed_in(doctor.user)

    for url in ("/admin/", "/admin/board/", "/admin/day-sheet/", f"/admin/?doctor={other.pk}"):
        content = text(client.get(url))
        for trace in (theirs.patient_id, theirs.patient, theirs.pk, "Wobbly", "Wobblethorpe"):
            assert str(trace) not in content
    assert str(mine.pk) in text(client.get("/admin/"))
    tag = poll(client).headers["ETag"]
    theirs.save()
    assert poll(client, tag).status_code == 304


@pytest.mark.parametrize("url", ["/admin/", "/admin/day-sheet/", "/admin/walk-in/"])
def test_queries_dont_grow_with_doctors_and_visits(desk, url):
    counts = []
    desk.get(url)  # The menu asks once a while what is set up.
    for size in (1, 11):
        for _ in range(size):
            doctor = doctor_working("08:00-12:00", "13:00-17:00")
            for hour in (8, 9, 10, 14):
                at(hour, doctor=doctor)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(url).status_code == 200
        counts.append(len(queries))

    print(url, counts)
    assert counts[0] == counts[1] <= 12, counts


def test_the_day_sheet_has_a_page_for_each_doctor(desk):
    doctors = [doctor_working("08:00-12:00") for _ in range(3)]
    patient = PatientFactory(date_of_birth=date(1990, 3, 23), phone="+4930901820")
    patient.refresh_from_db()
    at(9, doctor=doctors[0], patient=patient, reason="Cough <b>")

    content = text(desk.get("/admin/day-sheet/"))

    assert content.count('class="sheet"') == 3
    for shown in (
        patient.record_number,
        "23 Mar 1990",
        "+49 30 901820",
        "Cough &lt;b&gt;",
        "Booked",
    ):
        assert shown in content
    assert AccessLog.objects.filter(patients=[patient.pk]).count() == 1


def test_patients_and_strangers_see_nothing(client, ten):
    patient = PatientFactory(with_account=True)
    for visitor in (client, signed_in(patient.user)):
        for url in ("/admin/board/", "/admin/walk-in/", "/admin/day-sheet/"):
            assert visitor.get(url).headers["Location"].startswith("/admin/login/")


def test_every_place_is_in_the_style_sheet(settings):
    sheet = (settings.BASE_DIR / "static/clinic/board-grid.css").read_text()

    for row in range(300):
        assert f".r-{row} {{ grid-row-start: {row + 1}; }}" in sheet
        assert f".e-{row + 1} {{ grid-row-end: {row + 2}; }}" in sheet


def test_several_doctors_are_chosen_by_the_address(desk):
    one, two, other = (doctor_working("08:00-12:00") for _ in range(3))
    visits = [at(9, doctor=doctor) for doctor in (one, two, other)]
    asked = f"doctor={one.pk}&doctor={two.pk}"

    page = desk.get(f"/admin/?day={DAY}&{asked}")

    content = text(page)
    assert [f"v-{visit.pk}" in content for visit in visits] == [True, True, False]
    assert "<strong>2 doctors</strong>" in content
    assert f"?day={DAY + timedelta(days=1)}&amp;doctor={one.pk}&amp;doctor={two.pk}" in content
    assert page.context["columns"][0]["column"].doctor in (one, two)


def test_nothing_that_is_typed_is_markup_on_a_card(desk):
    odd = "<b title='x'>\"&"
    fields = {"last_name": odd, "preferred_name": odd}
    doctor = doctor_working("08:00-12:00")
    for hour, status in ((8, Status.BOOKED), (9, Status.CHECKED_IN), (11, Status.FULFILLED)):
        patient = PatientFactory(first_name=f"{hour}", **fields)
        Note.objects.create(patient=patient, text=odd, on_board=True, author=UserFactory())
        at(hour, doctor=doctor, patient=patient, status=status, reason=odd, overbook_reason=odd)

    content = text(desk.get("/admin/"))

    assert "<b title" not in content
    assert content.count("&lt;b title=&#x27;x&#x27;&gt;&quot;&amp;") >= 3 * 5
