"""A+: A with the clinic's duties. The token is checked against its sign-in and account, each read
leaves a row in the access log, and a booking its history, a message that is owed, and its job."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, joinedload

from benchmarks.contenders import records, shapes
from benchmarks.contenders.common import DATABASE, Claims
from benchmarks.contenders.tables import (
    AccessLog,
    Appointment,
    AppointmentChange,
    Job,
    Notification,
    SignIn,
    User,
)

STAFF = ("admin", "receptionist")
engine = create_engine(DATABASE.replace("postgresql:", "postgresql+psycopg:"), pool_size=20)
app = FastAPI()


def open_session() -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


Database = Annotated[Session, Depends(open_session)]


def find_caller(claims: dict, session: Session) -> User:
    """The account whose sign-in is live still.

    Called by the route itself: as a dependency it would hold a connection while the request waits
    for a thread, and many at once would wait for each other.
    """
    found = select(SignIn).where(
        SignIn.id == UUID(claims["sid"]),
        SignIn.ended_at.is_(None),
        SignIn.expires_at > datetime.now(UTC),
    )
    sign_in = session.scalar(found.options(joinedload(SignIn.user)))
    if sign_in is None or not sign_in.user.is_active or sign_in.user.role not in STAFF:
        raise HTTPException(401, "The token is not valid any more.")
    return sign_in.user


def note_read(session: Session, user: User, action: str, patients: Iterable[UUID]) -> None:
    """Write down who sees whom before anything is answered."""
    session.add(
        AccessLog(
            at=datetime.now(UTC),
            user_id=user.id,
            action=action,
            patients=list(dict.fromkeys(patients)),
            door="api",
            address="127.0.0.1",
            request_id=uuid4().hex,
        )
    )
    session.commit()


@app.get("/api/v1/appointments")
def list_appointments(
    claims: Claims,
    session: Database,
    date: date,
    doctor_id: UUID | None = None,
    page_size: shapes.PageSize = 50,
) -> shapes.Page:
    caller = find_caller(claims, session)
    page = records.read_page(session, date, doctor_id, page_size)
    note_read(session, caller, "list", (row.patient_id for row in page.results))
    return page


@app.get("/api/v1/patients/{patient_id}")
def show_patient(claims: Claims, session: Database, patient_id: UUID) -> shapes.Patient:
    caller = find_caller(claims, session)
    patient = records.read_patient(session, patient_id)
    note_read(session, caller, "read", [patient.id])
    return patient


@app.post("/api/v1/appointments", status_code=201)
def book(claims: Claims, session: Database, booking: shapes.Booking) -> shapes.Appointment:
    caller = find_caller(claims, session)
    work = {"door": "api", "what": "POST /api/v1/appointments", "user": str(caller.id)}
    session.execute(select(func.set_config("pghistory.context_metadata", json.dumps(work), True)))
    row = records.add_appointment(session, booking, caller.id)
    owe_confirmation(session, row, caller)
    note_read(session, caller, "read", [row.patient_id])
    return records.as_shape(row)


def owe_confirmation(session: Session, row: Appointment, by: User) -> None:
    """The step of the visit's history, the message that is owed, and the job that sends it."""
    session.add(
        AppointmentChange(
            appointment_id=row.id,
            at=row.booked_at,
            by_id=by.id,
            to_status=row.status,
            to_starts_at=row.starts_at,
            to_ends_at=row.ends_at,
            to_doctor_id=row.doctor_id,
        )
    )
    message = Notification(
        id=uuid4(),
        event=f"appointment_booked:0:{row.id}",
        recipient=row.patient.email,
        subject_id=row.id,
        subject_version=0,
        created_at=row.booked_at,
    )
    session.add(message)
    session.add(
        Job(task_name="appointments.send_confirmation", args={"notification_id": str(message.id)})
    )
