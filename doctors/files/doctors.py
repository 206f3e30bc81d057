"""Doctors in files: the columns, and the services behind them."""

from uuid import UUID

from django.core.exceptions import ValidationError

from clinic.files.admin.pages import FilesAdmin
from clinic.files.columns import Column, Phone, WholeNumber, YesNo
from clinic.files.resource import Faults, FileResource
from doctors import services
from doctors.models import Doctor


class DoctorFile(FileResource):
    model = Doctor
    kind = "doctors"
    unique = ("email",)
    no_mails = (
        "Nobody new gets a mail about it, and no accounts are opened. Whose e-mail or phone "
        "changes is told of it, as always."
    )
    example = (
        {
            "first_name": "Maria",
            "last_name": "Example",
            "email": "maria@clinic.example",
            "phone": "030 901820",
            "specialization": "General practice",
            "license_number": "LIC-00001",
            "is_active": "yes",
            "default_duration_minutes": "30",
        },
    )

    id = Column("pk", "Id", is_key=True)
    first_name = Column("first_name", "First name", also=("Vorname", "Given name", "Forename"))
    last_name = Column(
        "last_name", "Last name", also=("Nachname", "Surname", "Family name", "Name")
    )
    email = Column("email", "E-mail", also=("E-Mail-Adresse", "Email address", "Mail"))
    phone = Column("phone", "Phone", Phone(), also=("Telefon", "Tel", "Handy", "Mobil", "Mobile"))
    specialization = Column(
        "specialization", "Specialization", also=("Fachrichtung", "Fachgebiet", "Fach", "Specialty")
    )
    specialization_code = Column("specialization_code", "Specialization code", is_only_told=True)
    license_number = Column(
        "license_number", "License number", also=("LANR", "Arztnummer", "Lebenslange Arztnummer")
    )
    is_active = Column("is_active", "Active", YesNo(), also=("Aktiv",))
    default_duration_minutes = Column(
        "default_duration_minutes", "Usual length of a visit", WholeNumber()
    )

    def normal_key(self, cell: str) -> str | None:
        try:
            return str(UUID(cell))
        except ValueError:
            return None

    def find(self, keys: set[str]) -> dict[str, Doctor]:
        records = Doctor.objects.visible_to(self.by).select_related("user")
        return {str(one.pk): one for one in records.filter(pk__in=keys)} if keys else {}

    def create(self, instances: list[Doctor]) -> list[Faults]:
        return [self.refusal(doctor) for doctor in instances]

    def refusal(self, doctor: Doctor) -> Faults:
        try:
            services.create(doctor, by=self.by)
        except ValidationError as error:
            return error.update_error_dict({})
        return {}

    def change(self, instance: Doctor) -> None:
        services.change(instance, by=self.by)


class DoctorFiles(FilesAdmin):
    """Import and export in the console's pages of doctors."""

    file_resource = DoctorFile
