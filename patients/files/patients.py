"""Patients in files: the columns, and the services behind them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
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
from patients.files.guardians import (
    IS_RECORD_NUMBER,
    NUMBER,
    RELATIONSHIP,
    GuardianNumber,
    GuardianRelationship,
    guardian_faults,
    with_guardians,
)
from patients.models import Patient, RelatedPerson
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


class UnlessSaid(YesNo):
    """Where nothing is written, it is so."""

    def read(self, cell: str) -> bool:
        return not cell or super().read(cell)


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
    preferred_name = Column("preferred_name", "Preferred name", also=words.PREFERRED_NAME)
    former_names = Column("former_names", "Former names", also=words.FORMER_NAMES)
    is_active = Column("is_active", "Active", UnlessSaid(), also=words.ACTIVE)
    has_consented = Column("has_consented", "Privacy notice", Mark(), also=words.CONSENT)
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
    # By our own numbers alone: those of another program name other patients here.
    guardian_number = Column(NUMBER, "Guardian's record number", GuardianNumber())
    guardian_relationship = Column(
        RELATIONSHIP,
        "Guardian's relationship",
        GuardianRelationship(RelatedPerson.Relationship.choices, words.RELATIONSHIPS),
    )

    def __init__(self, by):
        super().__init__(by)
        self.since = timezone.now()
        self.written_keys: list[UUID] = []  # The least and the greatest, of those written so far.

    def stored_fields(self, names: list[str]) -> list[str]:
        other = {"record_number": "number", NUMBER: "", RELATIONSHIP: ""}
        stored = [other.get(name, name) for name in super().stored_fields(names)]
        consent = ["consented_at", "consent_withdrawn_at"] if "has_consented" in stored else []
        return [name for name in stored if name and name != "has_consented"] + consent

    def loaded(self, records: Any, names: list[str]) -> Any:
        few = super().loaded(records, names)
        return with_guardians(few) if {NUMBER, RELATIONSHIP} & {*names} else few

    def normal_key(self, cell: str) -> str | None:
        number = IS_RECORD_NUMBER.fullmatch(cell)
        return number[1] if number else None

    def name_of(self, record: Patient) -> str:
        return f"{record.record_number} {record.name}"

    def find(self, keys: set[str]) -> dict[str, Patient]:
        """Numbers of records that were merged stand for those that they were merged into."""
        records = with_guardians(Patient.objects.visible_to(self.by).select_related("user"))
        found = records.numbered(map(int, keys)) if keys else {}
        return {str(number): one for number, one in found.items()}

    def begin_writing(self, columns: Collection[str]) -> None:
        if "guardian_number" in columns:
            services.lock_acting()
            self.locks_new = True  # Their guardians.

    def locked_keys(self, pairs: list[tuple[Any, Any]]) -> set[Any]:
        named = self.guardians([instance for _, instance in pairs])
        return super().locked_keys(pairs) | {guardian.pk for guardian in named.values()}

    def guardians(self, patients: list[Patient]) -> dict[int, Patient]:
        """Those whom these name, by record number, as far as there are any."""
        named = (getattr(patient, NUMBER, None) for patient in patients)
        numbers = {number for number in named if number}
        visible = Patient.objects.visible_to(self.by)
        return visible.numbered(numbers) if numbers else {}

    def faults_of(self, instances: list[Patient], skip: list[set[str]]) -> list[Faults]:
        found, named = services.faults_of_many(instances, skip), self.guardians(instances)
        return [
            faults if NUMBER in told else {**faults, **guardian_faults(patient, named)}
            for patient, faults, told in zip(instances, found, skip, strict=True)
        ]

    def create(self, instances: list[Patient]) -> list[Faults]:
        self.note_written(instances)
        refused = services.register_many(instances, by=self.by)
        return refused or self.relate(instances)

    def change(self, instance: Patient) -> None:
        self.note_written([instance])
        services.change(instance, by=self.by, seeks_twins=False)
        if faults := self.relate([instance])[0]:
            raise ValidationError(faults)

    def relate(self, patients: list[Patient]) -> list[Faults]:
        """Keep whom each of these names as the guardian."""
        named = self.guardians(patients)
        return [
            self.relation_faults(patient, named.get(getattr(patient, NUMBER, None) or 0))
            for patient in patients
        ]

    def relation_faults(self, patient: Patient, guardian: Patient | None) -> Faults:
        if guardian is None:
            return {}
        try:
            relationship = getattr(patient, RELATIONSHIP, "")
            services.relate_guardian(patient, guardian, relationship or "", by=self.by)
        except ValidationError as error:
            return {NUMBER: [ValidationError(error.messages)]}
        return {}

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
