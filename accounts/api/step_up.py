from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import StepUpSerializer
from accounts.models import SignIn
from accounts.services import credentials, sign_ins
from accounts.services.passwords import WRONG_PASSWORD
from clinic.api.fields import InstantField
from clinic.api.views import ClinicViewSet

WRONG = "This isn't right, or was used already."


class SteppedUpSerializer(serializers.Serializer):
    proven_at = InstantField(help_text="When it was shown: it counts for a few minutes.")


class StepUpViewSet(ClinicViewSet):
    """Showing once more that it is oneself, where something could give an account away."""

    permissions = {"create": ""}
    limits = {"create": "password_change"}
    secret_actions = frozenset({"create"})
    serializer_class = SteppedUpSerializer

    @extend_schema(request=StepUpSerializer, responses=SteppedUpSerializer)
    def create(self, request: Request) -> Response:
        """Show that it is you.

        Send the password, or a code of the second factor, in the sign-in of this token. What is
        answered 403 `step_up_required` (contacts, accounts, roles and exports) is done for the
        next `STEP_UP_MINUTES` (10) then. A wrong one (422) counts as at logging in.
        """
        given = self.read(StepUpSerializer, request.data)
        sign_in = SignIn.objects.get(pk=request.auth[sign_ins.SIGN_IN_CLAIM])
        password, code = given.get("password", ""), given.get("otp", "")
        if not credentials.prove(request, sign_in, password, code):
            fault = ValidationError(WRONG, code=WRONG_PASSWORD)
            raise ValidationError({"password" if password else "otp": fault})
        return Response(SteppedUpSerializer(sign_in).data)
