"""Patients in files: the columns, and the services behind them."""

import re
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.files.admin.pages import FilesAdmin
from clinic.files.columns import (
    LOST_ZEROS,
    Answers,
    CellFault,
    Choice,
    Column,
    Country,
    Day,
    Phone,
    Text,
    YesNo,
)
from clinic.files.resource import Faults, FileResource
from patients import services
from patients.files import words
from patients.models import Patient
from patients.postal import with_lost_zeros


class PostalCode(Text):
    """A postal code of the row's country, from which a spreadsheet may have taken the zeros."""

    def read_for(self, record: Any, cell: str) -> str:
        if whole := with_lost_zeros(cell, str(record.country)):
            raise CellFault(f"A spreadsheet may have made this of {whole}.", LOST_ZEROS)
        return cell

    def questions(self, code: str, cell: str) -> Answers:
        return {"zeros": "Put the zeros back"} if code == LOST_ZEROS else {}

    def mended(self, cell: str, answer: str, record: Any) -> str:
        return with_lost_zeros(cell, str(record.country)) or cell


class Mark(YesNo):
    """Where nothing is written, it isn't so."""

    def read(self, cell: str) -> bool:
        return bool(cell) and super().read(cell)


class PatientFile(FileResource):
    model = Patient
    kind = "patients"
    sensitive = ("insurance_policy_number", "medical_history")
    order = ("number",)
    extracts = {
        "Number, name, date of birth and insurance, as a tax adviser or an insurer asks for": (
            "record_number",
            "last_name",
            "first_name",
            "date_of_birth",
            "insurance_provider",
        )
    }
    read_first = ("country",)  # Phones and postal codes are those of a country.
    unique = services.UNIQUE_FIELDS
    no_mails = (
        "Nobody new gets a mail about it. Whose e-mail or phone changes is told of it, as always."
    )
    example = (
        {
            "first_name": "Amélie",
            "last_name": "Example",
            "email": "amelie@mail.example",
            "phone": "030 901820",
            "date_of_birth": "1985-03-24",
            "gender": "Female",
            "street": "Rathausstraße 1",
            "zip": "10178",
            "city": "Berlin",
            "country": "DE",
        },
    )

    record_number = Column("record_number", "Record number", is_key=True)
    first_name = Column("first_name", "First name", also=words.FIRST_NAME)
    last_name = Column("last_name", "Last name", also=words.LAST_NAME)
    email = Column("email", "E-mail", also=words.EMAIL)
    phone = Column("phone", "Phone", Phone(), also=words.PHONE)
    date_of_birth = Column("date_of_birth", "Date of birth", Day(), also=words.DATE_OF_BIRTH)
    gender = Column(
        "gender", "Gender", Choice(Patient.Gender.choices, words.GENDERS), also=words.GENDER
    )
    is_deceased = Column("is_deceased", "Deceased", Mark(), also=words.DECEASED)
    deceased_on = Column("deceased_on", "Day of death", Day(), also=words.DECEASED_ON)
    street = Column("street", "Street", also=words.STREET)
    zip = Column("zip", "Postal code", PostalCode(), also=words.ZIP)
    city = Column("city", "City", also=words.CITY)
    state = Column("state", "State or region", also=words.STATE)
    country = Column("country", "Country", Country(), also=words.COUNTRY)
    emergency_contact_name = Column(
        "emergency_contact_name", "Emergency contact", also=words.CONTACT_NAME
    )
    emergency_contact_phone = Column(
        "emergency_contact_phone", "Emergency contact phone", Phone(), also=words.CONTACT_PHONE
    )
    emergency_contact_relationship = Column(
        "emergency_contact_relationship",
        "Emergency contact relationship",
        also=words.CONTACT_RELATIONSHIP,
    )
    insurance_provider = Column("insurance_provider", "Insurance", also=words.INSURANCE)
    insurance_policy_number = Column(
        "insurance_policy_number", "Policy number", also=words.POLICY_NUMBER
    )
    medical_history = Column("medical_history", "Medical history", also=words.HISTORY)

    def __init__(self, by):
        super().__init__(by)
        self.since = timezone.now()
        self.written_keys: list[UUID] = []  # The least and the greatest, of those written so far.

    def stored_fields(self, names: list[str]) -> list[str]:
        return [
            "number" if name == "record_number" else name for name in super().stored_fields(names)
        ]

    def normal_key(self, cell: str) -> str | None:
        number = re.fullmatch(r"(?i:p-?)?0*([0-9]{1,12})", cell, re.ASCII)
        return number[1] if number else None

    def name_of(self, record: Patient) -> str:
        return f"{record.record_number} {record.name}"

    def find(self, keys: set[str]) -> dict[str, Patient]:
        """Numbers of records that were merged stand for those that they were merged into."""
        records = Patient.objects.visible_to(self.by).select_related("user")
        found = records.numbered(map(int, keys)) if keys else {}
        return {str(number): one for number, one in found.items()}

    def faults_of(self, instances: list[Patient], skip: list[set[str]]) -> list[Faults]:
        return services.faults_of_many(instances, skip)

    def create(self, instances: list[Patient]) -> list[Faults]:
        self.note_written(instances)
        return services.register_many(instances, by=self.by)

    def change(self, instance: Patient) -> None:
        self.note_written([instance])
        services.change(instance, by=self.by, seeks_twins=False)

    def note_written(self, patients: list[Patient]) -> None:
        keys = [*self.written_keys, *(patient.pk for patient in patients)]
        self.written_keys = [min(keys), max(keys)]

    def written(self) -> None:
        if self.written_keys:
            first, last = self.written_keys
            services.look_for_twins(first, last, self.since)


class PatientFiles(FilesAdmin):
    """Import and export in the console's pages of patients."""

    file_resource = PatientFile

    def note_handed_out(self, request, records: list[Patient]) -> None:
        note_read(request, AccessLog.Action.EXPORTED, [patient.pk for patient in records])
