"""Reading and booking with SQLAlchemy, as A and A+ both do."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from fastapi import HTTPException
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from benchmarks.contenders import shapes
from benchmarks.contenders.common import ZONE, bounds_of
from benchmarks.contenders.tables import Appointment, Doctor, Patient

NAMES = (
    joinedload(Appointment.doctor).load_only(Doctor.first_name, Doctor.last_name),
    joinedload(Appointment.patient).load_only(Patient.first_name, Patient.last_name),
)


def read_page(session: Session, day: date, doctor: UUID | None, size: int) -> shapes.Page:
    starts, ends = bounds_of(day)
    wanted = [Appointment.starts_at >= starts, Appointment.starts_at < ends]
    if doctor is not None:
        wanted.append(Appointment.doctor_id == doctor)
    count = session.scalar(select(func.count()).select_from(Appointment).where(*wanted))
    rows = session.scalars(
        select(Appointment)
        .where(*wanted)
        .options(*NAMES)
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(size)
    )
    return shapes.Page(count=count, results=[as_shape(row) for row in rows])


def as_shape(row: Appointment) -> shapes.Appointment:
    return shapes.Appointment(
        id=row.id,
        doctor_id=row.doctor_id,
        doctor_name=f"Dr {row.doctor.first_name} {row.doctor.last_name}",
        patient_id=row.patient_id,
        patient_name=f"{row.patient.first_name} {row.patient.last_name}".strip(),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        duration_minutes=int((row.ends_at - row.starts_at).total_seconds() // 60),
        status=row.status,
        reason=row.reason,
        overbook=bool(row.overbook_reason),
        overbook_reason=row.overbook_reason,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def read_patient(session: Session, patient_id: UUID) -> shapes.Patient:
    found = select(Patient).where(Patient.id == patient_id).options(joinedload(Patient.document))
    patient = session.scalar(found)
    if patient is None:
        raise HTTPException(404, "There is no such patient.")
    contact = shapes.EmergencyContact(
        name=patient.emergency_contact_name,
        phone=patient.emergency_contact_phone,
        relationship=patient.emergency_contact_relationship,
    )
    insurance = shapes.Insurance(
        provider=patient.insurance_provider, policy_number=patient.insurance_policy_number
    )
    return shapes.Patient(
        id=patient.id,
        record_number=f"P-{patient.number:06d}",
        name=f"{patient.first_name} {patient.last_name}".strip(),
        first_name=patient.first_name,
        last_name=patient.last_name,
        email=patient.email,
        phone=patient.phone,
        date_of_birth=patient.date_of_birth,
        is_deceased=patient.is_deceased,
        deceased_on=patient.deceased_on,
        gender=patient.gender,
        address=shapes.Address.model_validate(patient, from_attributes=True),
        emergency_contact=contact if contact.name else None,
        insurance_info=insurance if insurance.provider else None,
        medical_history=patient.medical_history.split("\n") if patient.medical_history else [],
        has_document=patient.document is not None,
        created_at=patient.created_at,
        updated_at=patient.updated_at,
    )


def add_appointment(session: Session, booking: shapes.Booking, by: UUID) -> Appointment:
    """The new appointment, written but not committed; 404, 422 or 409 where it can't be."""
    doctor = session.get(Doctor, booking.doctor_id)
    patient = session.get(Patient, booking.patient_id)
    if doctor is None or patient is None:
        raise HTTPException(404, "There is no such doctor or patient.")
    now = datetime.now(UTC)
    if not doctor.is_active or patient.is_deceased or booking.starts_at <= now:
        raise HTTPException(422, "That can't be booked.")
    row = Appointment(
        id=uuid4(),
        doctor=doctor,
        patient=patient,
        starts_at=booking.starts_at,
        ends_at=booking.starts_at + timedelta(minutes=booking.duration_minutes),
        status="booked",
        reason=booking.reason,
        overbook_reason="",
        booked_at=now,
        local_start=f"{booking.starts_at.astimezone(ZONE):%Y-%m-%dT%H:%M}",
        time_zone=ZONE.key,
        sequence=0,
        created_at=now,
        updated_at=now,
        created_by_id=by,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        session.rollback()  # The connection is free at once, not when the request has ended.
        raise HTTPException(409, "This time is taken.") from error
    return row
