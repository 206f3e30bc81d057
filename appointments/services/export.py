"""Everything held on a patient in one document: collected here, as the topmost app sees all."""

from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from appointments.models import Appointment, AppointmentChange, AppointmentResource
from patients.models import Patient
from patients.services import export

OF_APPOINTMENTS = (
    "id",
    "starts_at",
    "ends_at",
    "status",
    "reason",
    "overbook_reason",
    "booked_at",
    "created_at",
    "updated_at",
)
OF_CHANGES = ("at", "from_status", "to_status", "to_starts_at", "to_ends_at", "reason")


def everything_on(patient: Patient, by: User) -> dict[str, Any]:
    """What this user may have of the patient's data. Doctors get their own appointments only,
    neither the photo nor the account; who read the record is for the patient and administrators."""
    return {
        **export.collect_patient(patient, by),
        "appointments": exported_appointments(patient, by),
    }


def exported_appointments(patient: Patient, by: User) -> list[dict[str, Any]]:
    own = Appointment.objects.visible_to(by).filter(patient=patient)
    seen = own.with_people().with_offering().select_related("session__service")
    rooms = AppointmentResource.objects.select_related("resource")
    together = ("history", Prefetch("resource_bookings", rooms))
    return [
        {
            **{name: getattr(appointment, name) for name in OF_APPOINTMENTS},
            "doctor": str(appointment.doctor),
            "service": appointment.what,
            "location": appointment.location.full_address if appointment.location else "",
            "resources": [str(kept.resource) for kept in appointment.resource_bookings.all()],
            "price": appointment.price_text,
            "history": [exported_step(change) for change in appointment.history.all()],
        }
        for appointment in seen.prefetch_related(*together).order_by("starts_at", "pk")
    ]


def exported_step(change: AppointmentChange) -> dict[str, Any]:
    return {name: getattr(change, name) for name in OF_CHANGES}
