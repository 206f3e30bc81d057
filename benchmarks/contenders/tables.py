"""The clinic's tables as SQLAlchemy's models, as far as A and A+ use them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as PostgresUUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: TIMESTAMP(timezone=True),
        list[UUID]: ARRAY(PostgresUUID),
        dict: JSONB,
    }


class Doctor(Base):
    __tablename__ = "doctors_doctor"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    is_active: Mapped[bool]


class Patient(Base):
    __tablename__ = "patients_patient"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    is_deceased: Mapped[bool]
    deceased_on: Mapped[date | None]
    gender: Mapped[str]
    street: Mapped[str]
    city: Mapped[str]
    state: Mapped[str]
    zip: Mapped[str]
    country: Mapped[str]
    emergency_contact_name: Mapped[str]
    emergency_contact_phone: Mapped[str]
    emergency_contact_relationship: Mapped[str]
    insurance_provider: Mapped[str]
    insurance_policy_number: Mapped[str]
    medical_history: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    document: Mapped["Document | None"] = relationship()


class Document(Base):
    __tablename__ = "patients_identitydocument"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey(Patient.id))


class Appointment(Base):
    __tablename__ = "appointments_appointment"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    doctor_id: Mapped[UUID] = mapped_column(ForeignKey(Doctor.id))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey(Patient.id))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[str]
    reason: Mapped[str]
    overbook_reason: Mapped[str]
    booked_at: Mapped[datetime]
    local_start: Mapped[str]
    time_zone: Mapped[str]
    sequence: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    created_by_id: Mapped[UUID | None]
    doctor: Mapped[Doctor] = relationship()
    patient: Mapped[Patient] = relationship()


class User(Base):
    __tablename__ = "accounts_user"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    is_active: Mapped[bool]


class SignIn(Base):
    __tablename__ = "accounts_signin"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class AccessLog(Base):
    __tablename__ = "accounts_accesslog"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[UUID]
    action: Mapped[str]
    patients: Mapped[list[UUID]]
    door: Mapped[str]
    address: Mapped[str | None] = mapped_column(INET)
    request_id: Mapped[str] = mapped_column(String(64))


class AppointmentChange(Base):
    __tablename__ = "appointments_appointmentchange"

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[UUID]
    at: Mapped[datetime]
    by_id: Mapped[UUID | None]
    from_status: Mapped[str] = mapped_column(default="")
    to_status: Mapped[str]
    to_starts_at: Mapped[datetime]
    to_ends_at: Mapped[datetime]
    to_doctor_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(default="")
    reason_code: Mapped[str] = mapped_column(default="")


class Notification(Base):
    __tablename__ = "clinic_notification"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    event: Mapped[str]
    channel: Mapped[str] = mapped_column(default="email")
    recipient: Mapped[str]
    subject_id: Mapped[UUID]
    subject_version: Mapped[int | None]
    status: Mapped[str] = mapped_column(default="owed")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Job(Base):
    __tablename__ = "procrastinate_jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    queue_name: Mapped[str] = mapped_column(default="default")
    task_name: Mapped[str]
    args: Mapped[dict]
