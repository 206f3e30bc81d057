"""Everything of the demo clinic into the database and the storage, or nothing of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.core.files.base import ContentFile
from django.db import connection, transaction

from accounts.models import User
from appointments.models import (
    Appointment,
    AppointmentChange,
    AppointmentResource,
    AppointmentSeries,
    GroupSession,
    SeriesDate,
    WaitlistEntry,
)
from clinic.history import untracked
from clinic.management.seeding import hours
from clinic.management.seeding.cards import HEIGHT, WIDTH, draw_card
from clinic.management.seeding.lives import (
    APPOINTMENT_FIELDS,
    CHANGE_FIELDS,
    ROOM_FIELDS,
    Biographer,
    Life,
)
from clinic.management.seeding.loading import (
    analyze,
    continue_sequences,
    copy_instances,
    copy_rows,
)
from clinic.management.seeding.offered import DOCTOR_FIELDS, NEED_FIELDS, Offered
from clinic.management.seeding.people import People
from clinic.management.seeding.plan import Plan, uuid7
from clinic.management.seeding.together import Together
from clinic.management.seeding.visits import Calendar
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    HealthcareService,
    Location,
    Resource,
    ResourceOutage,
    ServiceDoctor,
    ServiceNeed,
    WorkingHours,
)
from patients.models import (
    CareAssignment,
    IdentityDocument,
    Patient,
    RelatedPerson,
    documents_storage,
)

BATCH = 10_000  # Visits held in memory at a time, with their histories.
HOURS = (WorkingHours, Absence, ExtraHours, Closure, WaitlistEntry)
PEOPLE = (User, Doctor, Patient, RelatedPerson, IdentityDocument, CareAssignment)
OFFERED = (Location, Resource, ResourceOutage, HealthcareService, ServiceDoctor, ServiceNeed)
VISITS = (AppointmentSeries, SeriesDate, GroupSession, Appointment, AppointmentResource)
TRACKED = (*PEOPLE, *OFFERED, *VISITS, *HOURS)
WRITTEN = (*TRACKED, AppointmentChange)
NUMBERED = (
    CareAssignment,
    AppointmentChange,
    AppointmentResource,
    SeriesDate,
    WorkingHours,
    ServiceDoctor,
    ServiceNeed,
)

# Everybody who has or had a visit with a doctor is in that doctor's care, from the first
# booking on: what booking by hand would have left behind.
ASSIGN = """
INSERT INTO patients_careassignment
    (id, doctor_id, patient_id, assigned_at, assigned_by_id, by_booking)
SELECT row_number() OVER (ORDER BY assigned_at, doctor_id, patient_id), *
FROM (
    SELECT doctor_id, patient_id, min(created_at) AS assigned_at, %s::uuid, true
    FROM appointments_appointment GROUP BY doctor_id, patient_id
) AS pairs
ORDER BY assigned_at, doctor_id, patient_id
"""
# Each visit of a series is where its rule has it.
DATES_OF_SERIES = """
INSERT INTO appointments_seriesdate
    (id, series_id, appointment_id, local_start, planned_start, refused_code)
SELECT row_number() OVER (ORDER BY starts_at, id), series_id, id, local_start, local_start, ''
FROM appointments_appointment WHERE series_id IS NOT NULL
"""


class NotEmpty(Exception):
    """There are records in the database that the demo clinic would mix with."""


class NoRoom(Exception):
    """Fewer visits fit into the calendar than were asked for."""


@dataclass
class Counts:
    doctors: int = 0
    patients: int = 0
    appointments: int = 0
    changes: int = 0


def fill(plan: Plan, on_day: Callable[[int], None] = lambda visits: None) -> Counts:
    """Fill an empty database by the plan. `on_day` is told how many visits each day has.

    What is made up has no past: it leaves no events, which would take longer than all the rest.

    Raises NotEmpty or NoRoom, and leaves nothing behind then.
    """
    files: list[str] = []
    try:
        with untracked(*TRACKED), transaction.atomic():
            return Filler(plan, files, on_day).run()
    except BaseException:
        for name in files:
            documents_storage().delete(name)
        raise


class Filler:
    def __init__(self, plan: Plan, files: list[str], on_day: Callable[[int], None]):
        self.plan, self.files, self.on_day = plan, files, on_day
        self.counts = Counts()

    def run(self) -> Counts:
        check_empty()
        self.people = People(self.plan)
        accounts = self.people.make_accounts()
        check_free([account.email for account in accounts])
        # Foreign keys are checked batch by batch: no list of things to check grows until the end.
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        copy_instances(accounts, User)
        self.counts.doctors = copy_instances(self.people.doctors, Doctor)
        self.counts.patients = copy_instances(self.people.make_patients(), Patient)
        copy_instances(self.people.families.relations, RelatedPerson)
        self.write_offered()
        self.write_hours()
        self.write_visits()
        execute(DATES_OF_SERIES)
        execute(ASSIGN, [self.people.reception.id])
        copy_instances(self.documents(), IdentityDocument)
        continue_sequences(NUMBERED)
        execute("SELECT setval('patient_number', %s)", [self.counts.patients])
        analyze(WRITTEN)
        return self.counts

    def write_offered(self) -> None:
        self.offered = offered = Offered(self.plan, self.people)
        copy_instances(offered.places, Location)
        copy_instances(offered.resources, Resource)
        copy_instances(offered.outages(), ResourceOutage)
        copy_instances(offered.services.values(), HealthcareService)
        copy_rows(ServiceDoctor, DOCTOR_FIELDS, offered.doctor_rows())
        copy_rows(ServiceNeed, NEED_FIELDS, offered.need_rows())

    def write_hours(self) -> None:
        week = hours.working_hours(self.people, self.offered)
        copy_rows(WorkingHours, hours.WEEK_FIELDS, week)
        copy_instances(hours.absences(self.people, self.plan), Absence)
        copy_instances(hours.extra_hours(self.people, self.offered, self.plan), ExtraHours)
        copy_instances(hours.closures(self.people, self.plan), Closure)
        copy_instances(hours.waitlist(self.people, self.plan), WaitlistEntry)

    def write_visits(self) -> None:
        biographer = Biographer(self.people, self.offered, self.plan.rng("lives"))
        together = Together(self.plan, self.people, self.offered)
        copy_instances([together.series] if together.series else [], AppointmentSeries)
        copy_instances(together.sessions.values(), GroupSession)
        rooms = biographer.session_room_rows(together)
        copy_rows(AppointmentResource, ROOM_FIELDS, rooms)
        lives = self.lives(biographer, together)
        while batch := list(islice(lives, BATCH)):
            rows = (biographer.appointment_row(life) for life in batch)
            self.counts.appointments += copy_rows(Appointment, APPOINTMENT_FIELDS, rows)
            changes = (row for life in batch for row in biographer.change_rows(life))
            self.counts.changes += copy_rows(AppointmentChange, CHANGE_FIELDS, changes)
            rooms = (row for life in batch for row in biographer.room_rows(life))
            copy_rows(AppointmentResource, ROOM_FIELDS, rooms)

    def lives(self, biographer: Biographer, together: Together) -> Iterator[Life]:
        calendar = Calendar(self.plan, self.people, self.offered, together)
        for day in self.plan.calendar():
            count = 0
            for count, visit in enumerate(calendar.visits_of(day), start=1):  # noqa: B007
                yield biographer.live(visit)
            self.on_day(count)
        if calendar.filling.wanted:
            raise NoRoom(
                f"{calendar.filling.wanted} of the {self.plan.appointments} appointments have no "
                "room: ask for more days, doctors or patients."
            )

    def documents(self) -> Iterator[IdentityDocument]:
        """The first patients' ID photos. Each file is written under a name from the dice."""
        rng, storage = self.plan.rng("documents"), documents_storage()
        for patient, holder in self.people.photographed:
            key = uuid7(patient.created_at, rng).hex
            path = f"{key[-2:]}/{key}"
            storage.delete(path)  # Of a database that is no more.
            card = ContentFile(draw_card(holder, rng))
            self.files.append(storage.save(path, card))
            yield IdentityDocument(
                id=uuid7(patient.created_at, rng),
                patient=patient,
                file=self.files[-1],
                content_type=IdentityDocument.ContentType.JPEG,
                width=WIDTH,
                height=HEIGHT,
                uploaded_at=patient.created_at,
                uploaded_by=self.people.reception if patient.number > 1 else None,
            )


def check_empty() -> None:
    """Raise NotEmpty where there are patients or doctors.

    Keeps others from registering patients, and from seeding too, until the end.
    """
    execute("LOCK TABLE patients_patient IN SHARE ROW EXCLUSIVE MODE")
    if Patient.objects.exists() or Doctor.objects.exists():
        raise NotEmpty("There are patients or doctors in this database already.")


def check_free(emails: list[str]) -> None:
    """Raise NotEmpty where somebody signs in with one of these addresses."""
    taken = User.objects.filter(email__in=emails).order_by("email").first()
    if taken is not None:
        raise NotEmpty(f"There is an account {taken.email} in this database already.")


def execute(statement: str, parameters: list | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
