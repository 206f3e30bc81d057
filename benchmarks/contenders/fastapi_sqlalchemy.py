"""A: FastAPI with SQLAlchemy and psycopg, as most would write it. It checks the token's signature
and keeps no sign-ins, no access log, no history, and owes nobody a mail."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.contenders import records, shapes
from benchmarks.contenders.common import DATABASE, UNTRACKED, Claims

options = " ".join(f"-c {name}={value}" for name, value in UNTRACKED.items())
engine = create_engine(
    DATABASE.replace("postgresql:", "postgresql+psycopg:"),
    pool_size=20,
    connect_args={"options": options},
)
app = FastAPI()


def open_session() -> Iterator[Session]:
    with Session(engine, expire_on_commit=False) as session:
        yield session


Database = Annotated[Session, Depends(open_session)]


@app.get("/api/v1/appointments")
def list_appointments(
    claims: Claims,
    session: Database,
    date: date,
    doctor_id: UUID | None = None,
    page_size: shapes.PageSize = 50,
) -> shapes.Page:
    return records.read_page(session, date, doctor_id, page_size)


@app.get("/api/v1/patients/{patient_id}")
def show_patient(claims: Claims, session: Database, patient_id: UUID) -> shapes.Patient:
    return records.read_patient(session, patient_id)


@app.post("/api/v1/appointments", status_code=201)
def book(claims: Claims, session: Database, booking: shapes.Booking) -> shapes.Appointment:
    row = records.add_appointment(session, booking, UUID(claims["user_id"]))
    session.commit()
    return records.as_shape(row)
