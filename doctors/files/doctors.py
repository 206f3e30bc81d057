"""Doctors in files: the columns, and the services behind them."""

from uuid import UUID

from django.core.exceptions import ValidationError

from clinic.files.admin.pages import FilesAdmin
from clinic.files.resource import (
    Faults,
    FileResource,
    KeyColumn,
    WholeNumberWidget,
    YesNoWidget,
    column,
)
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

    id = KeyColumn("pk", "Id")
    first_name = column("first_name", "First name")
    last_name = column("last_name", "Last name")
    email = column("email", "E-mail")
    phone = column("phone", "Phone")
    specialization = column("specialization", "Specialization")
    license_number = column("license_number", "License number")
    is_active = column("is_active", "Active", YesNoWidget())
    default_duration_minutes = column(
        "default_duration_minutes", "Usual length of a visit", WholeNumberWidget()
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
