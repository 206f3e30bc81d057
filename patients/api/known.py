"""What is told where a patient is refused because the address or number is somebody's already."""

from typing import Any

from django.db.models import Q
from rest_framework import serializers, status

from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.api.errors import as_problem
from clinic.api.fields import IdField
from clinic.api.serializers import RecordSerializer
from clinic.api.views import ClinicViewSet
from patients.models import Patient
from patients.models.constraints import CONTACTS, EMAIL_KNOWN, PHONE_KNOWN

SIGN_IN = (
    "Whoever is registered already signs in at /api/v1/patient/login. Who has forgotten the "
    "password, or never had one, gets a link by mail: /api/v1/auth/password/reset."
)


class HintSerializer(serializers.Serializer):
    hint = serializers.CharField(required=False, help_text="What somebody who is known does.")


class OwnerSerializer(serializers.Serializer):
    """Whose the address or number is."""

    id = IdField()
    record_number = serializers.CharField()
    name = serializers.CharField()
    fields = serializers.ListField(child=serializers.ChoiceField(CONTACTS))


class ExistingSerializer(serializers.Serializer):
    existing = OwnerSerializer(
        many=True, required=False, help_text="Whose it is: for staff who register patients alone."
    )


class ExistingOrHintSerializer(HintSerializer, ExistingSerializer):
    pass


def is_conflict(error: Exception) -> bool:
    return as_problem(error, {}).status_code == status.HTTP_409_CONFLICT


def known_contacts(error: Exception) -> set[str]:
    """Which of `email` and `phone` a registration is refused for, as somebody's already."""
    known = {"email": str(EMAIL_KNOWN), "phone": str(PHONE_KNOWN)}
    told = {sentence for found in as_problem(error, {}).errors.values() for sentence in found}
    return {name for name, sentence in known.items() if sentence in told}


def hint_of(error: Exception) -> dict[str, Any]:
    """`hint`, where a registration is refused because the address or number is known."""
    return {"hint": SIGN_IN} if known_contacts(error) else {}


class TellsOwners(ClinicViewSet):
    """Says to staff who register patients whose the address or number is that they entered."""

    asked: RecordSerializer | None = None

    def get_serializer(self, *args, **kwargs):
        serializer = super().get_serializer(*args, **kwargs)
        self.asked = serializer if "data" in kwargs else self.asked
        return serializer

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        user = getattr(self.request, "user", None)
        record: Any = getattr(self.asked, "record", None)
        if not (is_conflict(error) and record and user and user.has_perm("patients.add_patient")):
            return {}
        names = known_contacts(error)
        owners = Patient.objects.visible_to(user).exclude(pk=record.pk)
        taken = [Q(**{name: getattr(record, name)}) for name in sorted(names)]
        found = list(owners.filter(Q(*taken, _connector=Q.OR))) if taken else []
        note_read(self.request, AccessLog.Action.LIST, [owner.pk for owner in found])
        existing = [
            {
                "id": str(owner.pk),
                "record_number": owner.record_number,
                "name": owner.name,
                "fields": [
                    name
                    for name in CONTACTS
                    if name in names and getattr(owner, name) == getattr(record, name)
                ],
            }
            for owner in found
        ]
        return {"existing": existing} if existing else {}
