from typing import Any

from appointments.models import AppointmentResource
from appointments.services.room_changes import rooms_instead
from clinic.console.parts import RefusableForm
from doctors.models import Resource


class VisitRoomForm(RefusableForm):
    """Another room or device for a visit, of those that are free then."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        given = self.instance.resource
        free = rooms_instead(self.instance, self.instance.appointment)
        field: Any = self.fields["resource"]
        field.queryset = Resource.objects.filter(pk__in=[given.pk, *free])
        field.label, field.empty_label = given.pool, None

    @property
    def is_open(self) -> bool:
        """Is there another one at all?"""
        choices: Any = self.fields["resource"]
        return len(choices.queryset) > 1

    def validate_constraints(self):
        """Left to the service."""

    class Meta:
        model = AppointmentResource
        fields = ("resource",)
