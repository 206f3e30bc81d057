"""Resources of the API whose readers are noted in the access log."""

from collections.abc import Iterable

from django.db.models import Model

from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.api.views import ClinicViewSet


class ReadsNoted(ClinicViewSet):
    """A resource whose lists and records show patients.

    An answer 304 shows nothing; a repeated answer (`Idempotency-Key`) was noted when it was new.
    """

    patient_key = "pk"  # The attribute of a record that holds its patient's id.

    def note_shown(self, records: Iterable[Model], is_list: bool = False) -> None:
        action = AccessLog.Action.LIST if is_list else AccessLog.Action.READ
        note_read(self.request, action, [getattr(one, self.patient_key) for one in records])
