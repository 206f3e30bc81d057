"""A small clinic in which everybody who asks, and everything that is asked for, is real.

Everything belongs to patient A and to the doctor assigned to A. Patient B and the other doctor
belong together in the same way. Names, numbers and texts are unmistakable, so that a trace of
them is found wherever it is.
"""

from base64 import b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta

from axes.models import AccessAttempt
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils.timezone import localdate, now
from procrastinate.contrib.django.models import ProcrastinateJob
from uuid_utils.compat import uuid7

from accounts.models import AccessLog, Passkey, SignIn, User
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from accounts.tests.console import Browser
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentResource, SlotOffer, WaitlistEntry
from appointments.services import book
from appointments.services.series import book_series
from appointments.tests.factories import (
    AppointmentFactory,
    GroupSessionFactory,
    ParticipantFactory,
    next_monday,
)
from clinic.days import day_start
from clinic.models import FileTransfer, Notification
from doctors.models import (
    Absence,
    Closure,
    Doctor,
    ExtraHours,
    ResourceOutage,
    WorkingHours,
)
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.models import (
    CareAssignment,
    EmergencyAccess,
    Erasure,
    MergeRecord,
    Note,
    Patient,
    PossibleDuplicate,
    RelatedPerson,
)
from patients.photos import clean_photo
from patients.services import dismiss, replace_document
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload

# Who asks, in the order of the table's columns.
PATIENTS = ("A", "guardian", "former", "B")
ACTORS = ("anonymous", *PATIENTS, "doctor", "other", "desk", "admin", "disabled")
# Who sees no ID photo at all, whomever it shows.
NO_PHOTOS = ("anonymous", "former", "B", "doctor", "other", "disabled")
# Whose records are foreign to whom: the patients', the applicant's, C, the guardian's, G, and
# those of S, who takes part in a session beside A.
FOREIGN = {
    "anonymous": "ABCGS",
    "A": "BCS",
    "guardian": "BCS",
    "former": "ABCGS",
    "B": "ACGS",
    "doctor": "BC",
    "other": "ACGS",
    "desk": "",
    "admin": "",
    "disabled": "ABCGS",
}
MISSING_NUMBER = 987_654_321


@dataclass(repr=False)
class World:
    users: dict[str, User] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    # What stands behind the names in addresses, and a key of the same kind that nobody has.
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    # What must not be seen by those to whom patient A or B is foreign.
    traces: dict[str, list[str]] = field(default_factory=dict)
    # ID photos as they are handed out: bytes, and Base64 within JSON.
    photos: list[bytes] = field(default_factory=list)

    def stand(self, **records) -> None:
        for name, record in records.items():
            is_number = isinstance(record.pk, int)
            missing = MISSING_NUMBER if is_number else uuid7()
            self.keys[name] = (str(record.pk), str(missing))


def planted(letter: str, first: str, last: str, digits: str, doctor: Doctor, by: User):
    """A patient with a record in which everything is unmistakable, and a visit to the doctor."""
    patient = PatientFactory(
        with_account=True,
        first_name=first,
        last_name=last,
        email=f"{first}@planted-{letter}.example".lower(),
        phone=f"+49151{digits}",
        street=f"{last}allee 7",
        emergency_contact_name=f"{first}s Mother",
        emergency_contact_phone=f"+49152{digits}",
        insurance_provider=f"{last} Mutual",
        insurance_policy_number=f"POL-{last}",
        medical_history=f"{last} fever",
        email_verified_at=now(),
        phone_verified_at=now(),
    )
    patient.user.first_name, patient.user.last_name = first, last
    patient.user.save()
    replace_document(patient, clean_photo(upload(jpeg(640 + len(first)))), by=patient.user)
    hour = 9 if letter == "a" else 10
    visit = book(
        AppointmentFactory.build(
            doctor=doctor, patient=patient, starts_at=next_monday(hour), reason=f"{last} cough"
        ),
        by=by,
    )
    patient = Patient.objects.get(pk=patient.pk)
    phone = patient.phone
    traces = [first, last, f"planted-{letter}", patient.record_number, digits]
    traces += [str(key) for key in (patient.pk, patient.user.pk, visit.pk, patient.document.pk)]
    traces += [phone.as_international, phone.as_national, patient.document.file.name]
    return patient, visit, traces


def offered(entry: WaitlistEntry, doctor: Doctor) -> SlotOffer:
    """A time within the doctor's hours, held for whoever waits."""
    WorkingHours.objects.create(doctor=doctor, weekday=0, starts="14:00", ends="16:00")
    starts_at = day_start(entry.from_date) + timedelta(hours=14)
    return SlotOffer.objects.create(
        entry=entry,
        doctor=doctor,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        expires_at=now() + timedelta(hours=2),
    )


def sent(kind: str, by: User) -> FileTransfer:
    """A file that the admin sent, and that has a fault."""
    return FileTransfer.objects.create(
        user=by, kind=kind, direction="import", file_name="f.csv", state="faulty", door="admin"
    )


def build() -> World:
    world = World()
    admin, desk = UserFactory(role=Role.ADMIN), UserFactory()
    doctor, other = DoctorFactory(with_account=True), DoctorFactory(with_account=True)
    disabled = UserFactory(role=Role.ADMIN)
    a, visit, a_traces = planted("a", "Xanthippe", "Quizzlebaum", "99887761", doctor, admin)
    b, _, b_traces = planted("b", "Ptolemaeus", "Wobblethorpe", "99776652", other, admin)
    applicant = DoctorFactory(
        last_name="Snorkmaiden",
        email="applies@planted-c.example",
        is_active=False,
        applied_at=now(),
        email_verified_at=now(),
        user=UserFactory(role=Role.DOCTOR, is_active=False),
    )
    c_traces = ["Snorkmaiden", "planted-c", str(applicant.pk)]
    guardian, former = related_to(a)
    g_traces = ["Gwendolyn", "Thistlewood", guardian.email, str(guardian.pk)]
    world.traces = {"A": a_traces, "B": b_traces, "C": c_traces, "G": g_traces}
    with a.document.file.open() as file:
        photo = file.read()
    world.photos = [photo, b64encode(photo)]
    patients = (one.user for one in (a, guardian, former, b))
    let_in(world, (None, *patients, doctor.user, other.user, desk, admin, disabled))
    User.objects.filter(pk=disabled.pk).update(is_active=False)
    world.browsers["untouched"] = deepcopy(world.browsers["disabled"])
    world.browsers["disabled"].get("/")  # Their session has ended by what they open first.
    # As what is done is taken back, their use would else be noted anew with each request.
    SignIn.objects.update(last_used_at=now() + timedelta(hours=1))
    stand_people(world, a, doctor, other, applicant, desk)
    stand_scheduling(world, visit)
    stand_series(world, visit, desk)
    stand_session(world, a, doctor)
    stand_catalogue(world)
    stand_operation(world, a, b, admin)
    postpone_jobs()
    return world


def related_to(a: Patient) -> tuple[Patient, Patient]:
    """Who acts for A, and who did until yesterday."""
    names = {"first_name": "Gwendolyn", "last_name": "Thistlewood"}
    verified = {"with_account": True, "email_verified_at": now(), "phone_verified_at": now()}
    guardian, former = PatientFactory(**names, **verified), PatientFactory(**verified)
    for person, end in ((guardian, None), (former, localdate() - timedelta(days=1))):
        RelatedPerson.objects.create(
            patient=a,
            related_patient=person,
            relationship=RelatedPerson.Relationship.GUARDIAN,
            may_act=True,
            valid_until=end,
            confirmed_at=now(),
        )
    return guardian, former


def let_in(world: World, users: tuple[User | None, ...]) -> None:
    """Each of the actors, in their order, with a browser and a token where they have an account."""
    for name, user in zip(ACTORS, users, strict=True):
        browser = Browser(raise_request_exception=False)
        if user is not None:
            world.users[name] = user
            browser.force_login(user)
            world.tokens[name] = begin_by_api(user).access_token
        world.browsers[name] = browser


def past_emergency(a: Patient, other: Doctor) -> EmergencyAccess:
    """By which the doctor to whom A is not assigned saw the record until an hour ago."""
    return EmergencyAccess.objects.create(
        patient=a,
        user=other.user,
        reason="Nobody else was there.",
        opened_at=now() - timedelta(hours=2),
        expires_at=now() - timedelta(hours=1),
    )


def stand_people(
    world: World, a: Patient, doctor: Doctor, other: Doctor, applicant: Doctor, desk: User
) -> None:
    twin, gone = PatientFactory(), PatientFactory(merged_into=a)
    dismiss(a, twin, by=desk)
    relation = a.related_persons.valid().get()
    world.stand(
        related=relation,
        relation=relation,
        relatedperson=relation,
        twin=twin,
        possibleduplicate=PossibleDuplicate.objects.get(),
        erasure=Erasure.objects.create(
            number=7, patient_id=uuid7(), erased_by=desk, reason="Asked."
        ),
        emergency=(emergency := past_emergency(a, other)),
        emergencyaccess=emergency,
        mergerecord=MergeRecord.objects.create(survivor=a, merged=gone, merged_by=desk),
        patient=a,
        profile=a,
        doctor=doctor,
        applicant=applicant,
        user=a.user,
        identitydocument=a.document,
        note=Note.objects.create(patient=a, text=f"{a.last_name} shouts", author=desk),
        careassignment=a.care_assignments.get(),
    )


def stand_scheduling(world: World, visit: Appointment) -> None:
    doctor, day = visit.doctor, visit.starts_at.date()
    entry = WaitlistEntry.objects.create(
        patient=visit.patient, doctor=doctor, from_date=day, to_date=day + timedelta(days=7)
    )
    absence = Absence.objects.create(
        doctor=doctor, starts_at=visit.starts_at, ends_at=visit.ends_at
    )
    extra = ExtraHours.objects.create(
        doctor=doctor, starts_at=next_monday(18), ends_at=next_monday(19)
    )
    closed = entry.to_date + timedelta(days=20)
    booking = AppointmentResource.objects.create(
        resource=ResourceFactory(),
        appointment=visit,
        busy_from=visit.holds_from,
        busy_until=visit.holds_until,
    )
    world.stand(
        booking=booking,
        appointment=visit,
        visit=visit,
        entry=entry,
        offer=offered(entry, doctor),
        waitlistentry=entry,
        waitlist=entry,
        absence=absence,
        time_off=absence,
        extra=extra,
        extra_hours=extra,
        closure=Closure.objects.create(starts_on=closed, ends_on=closed),
    )


def stand_series(world: World, visit: Appointment, desk: User) -> None:
    """Two more visits of the patient to the doctor, after the days of the waitlist."""
    starts_at = visit.starts_at + timedelta(days=14)
    first = Appointment(
        doctor=visit.doctor,
        patient=visit.patient,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
    )
    series = book_series(first, "FREQ=WEEKLY;COUNT=2", by=desk)
    world.stand(series=series, appointmentserie=series)


def stand_session(world: World, a: Patient, doctor: Doctor) -> None:
    """In which A takes part, and somebody of whom A must learn nothing."""
    beside = PatientFactory(
        first_name="Barnabas",
        last_name="Fiddlesticks",
        email="barnabas@planted-s.example",
        phone="+4915199665543",
    )
    session = GroupSessionFactory(doctor=doctor, starts_at=next_monday(12))
    reason = f"{beside.last_name} knee"
    first = ParticipantFactory(session=session, patient=a, seat=1)
    second = ParticipantFactory(session=session, patient=beside, seat=2, reason=reason)
    for one in (a, beside):
        CareAssignment.objects.get_or_create(doctor=doctor, patient=one)
    world.traces["S"] = ["Barnabas", "Fiddlesticks", "planted-s", "99665543", str(second.pk)]
    world.traces["S"] += [str(beside.pk), beside.record_number]
    world.stand(groupsession=session, session=session, taking_part=first)


def stand_catalogue(world: World) -> None:
    """What nothing refers to: whoever may delete it can."""
    room = ResourceFactory()
    outage = ResourceOutage.objects.create(
        resource=room, starts_at=next_monday(18), ends_at=next_monday(19)
    )
    place, service = LocationFactory(), HealthcareServiceFactory()
    world.stand(
        service=service,
        healthcareservice=service,
        location=place,
        resource=room,
        period=outage,
        resourceoutage=outage,
    )


def stand_operation(world: World, a: Patient, b: Patient, admin: User) -> None:
    world.stand(
        passkey=Passkey.objects.create(
            user=a.user, name="Phone", credential_id=b"phone", public_key=b"key"
        ),
        signin=SignIn.objects.filter(user=a.user, door=SignIn.Door.API).get(),
        notification=Notification.objects.filter(recipient=a.email).first(),
        accesslog=AccessLog.objects.create(
            user=a.user, action=AccessLog.Action.READ, patients=[a.pk], door="api"
        ),
        accessattempt=AccessAttempt.objects.create(
            username=b.email, ip_address="192.0.2.7", failures_since_start=1, user_agent=""
        ),
        procrastinatejob=ProcrastinateJob.objects.first(),
        patient_type=ContentType.objects.get_for_model(Patient),
        appointment_type=ContentType.objects.get_for_model(Appointment),
        transfer=sent("patients", admin),
        doctor_transfer=sent("doctors", admin),
        hours_transfer=sent("hours", admin),
    )


def postpone_jobs() -> None:
    """Nobody works on them, and on a busy machine `/health` would find them late."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day'")
