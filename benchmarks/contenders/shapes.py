"""What the contenders read and answer: the fields that the clinic's own API has."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field


class Appointment(BaseModel):
    id: UUID
    doctor_id: UUID
    doctor_name: str
    patient_id: UUID
    patient_name: str
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    status: str
    reason: str
    overbook: bool
    overbook_reason: str
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    count: int
    next: str | None = None
    previous: str | None = None
    results: list[Appointment]


class Address(BaseModel):
    street: str
    city: str
    state: str
    zip: str
    country: str


class EmergencyContact(BaseModel):
    name: str
    phone: str
    relationship: str


class Insurance(BaseModel):
    provider: str
    policy_number: str


class Patient(BaseModel):
    id: UUID
    record_number: str
    name: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    is_deceased: bool
    deceased_on: date | None
    gender: str
    address: Address
    emergency_contact: EmergencyContact | None
    insurance_info: Insurance | None
    medical_history: list[str]
    has_document: bool
    created_at: datetime
    updated_at: datetime


class Booking(BaseModel):
    doctor_id: UUID
    patient_id: UUID
    starts_at: AwareDatetime
    duration_minutes: Annotated[int, Field(ge=15, le=180)]
    reason: Annotated[str, Field(max_length=500)] = ""


PageSize = Annotated[int, Field(ge=1, le=200)]
