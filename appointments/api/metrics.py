"""The topmost app adds its own figures to the clinic's."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import Metric

from appointments.models import Appointment
from appointments.transitions import Status
from clinic.metrics import gauges
from clinic.metrics.api import MetricsViewSet


def appointment_gauges() -> Iterator[Metric]:
    text = "Appointments that lie ahead, by status."
    ahead = Appointment.objects.filter(starts_at__gte=timezone.now())
    yield gauges.by_value("clinic_appointments", text, ahead, "status", Status.values)


class ClinicMetricsViewSet(MetricsViewSet):
    asked = (*MetricsViewSet.asked, appointment_gauges)
