"""What those who register themselves, and are known already, can do instead."""

from typing import Any

from rest_framework import serializers

from clinic.api.errors import as_problem
from patients.models.constraints import EMAIL_KNOWN, PHONE_KNOWN

SIGN_IN = (
    "Whoever is registered already signs in at /api/v1/patient/login. Who has forgotten the "
    "password, or never had one, gets a link by mail: /api/v1/auth/password/reset."
)


class HintSerializer(serializers.Serializer):
    hint = serializers.CharField(required=False, help_text="What somebody who is known does.")


def hint_of(error: Exception) -> dict[str, Any]:
    """`hint`, where a registration is refused because the address or number is known."""
    told = as_problem(error, {}).errors.values()
    known = {str(EMAIL_KNOWN), str(PHONE_KNOWN)}
    return {"hint": SIGN_IN} if any(known & set(sentences) for sentences in told) else {}
