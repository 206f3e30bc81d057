from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import SignIn, User
from accounts.roles import Role
from accounts.services.sign_ins import sign_in_id
from clinic.api.fields import IdField, InstantField, OneOfField, TextField
from clinic.api.serializers import StrictSerializer, fault

PASSWORD, REFRESH = "password", "refresh_token"  # nosec B105
# What each grant needs, and what it takes besides.
GRANTS = {PASSWORD: ({"username", "password"}, {"otp"}), REFRESH: ({"refresh_token"}, set())}


class LoginSerializer(StrictSerializer):
    """The password grant of OAuth2 (RFC 6749, 4.3.2), or its refresh grant (6)."""

    grant_type = OneOfField([*GRANTS], required=False, help_text="`password` if left out.")
    username = TextField(max_length=254, required=False, help_text="The e-mail address.")
    password = TextField(max_length=4096, required=False, trim_whitespace=False)
    refresh_token = TextField(
        max_length=4096, required=False, help_text="With `grant_type=refresh_token`, and alone."
    )
    otp = TextField(
        required=False,
        allow_blank=True,
        max_length=20,
        help_text="A code of the authenticator app, or a recovery code.",
    )
    scope = TextField(required=False, allow_blank=True)
    client_id = TextField(required=False, allow_blank=True, allow_null=True)
    client_secret = TextField(required=False, allow_blank=True, allow_null=True)

    def faults_beyond_fields(self, valid, errors):
        if "grant_type" in errors:
            return {}
        grant = valid.get("grant_type", PASSWORD)
        needed, taken = GRANTS[grant]
        foreign = {name for names in GRANTS.values() for part in names for name in part}
        foreign &= set(valid) - needed - taken
        missing = needed - set(valid) - set(errors)
        return {name: fault("This field is required.", "required") for name in missing} | {
            name: fault(f"Does not go with grant_type {grant}.") for name in foreign
        }


class OAuthErrorSerializer(serializers.Serializer):
    """An error in the words of OAuth2 (RFC 6749, 5.2)."""

    error = serializers.ChoiceField(["invalid_request", "unsupported_grant_type", "invalid_grant"])
    error_description = serializers.CharField()


class StepUpSerializer(StrictSerializer):
    """The password, or a code of the second factor."""

    password = TextField(max_length=4096, required=False, trim_whitespace=False)
    otp = TextField(
        required=False,
        max_length=20,
        help_text="A code of the authenticator app, or a recovery code.",
    )

    def faults_beyond_fields(self, valid, errors):
        if errors or len(valid) == 1:
            return {}
        return {"password": fault("Send either the password or an otp.", "required")}


class RefreshSerializer(StrictSerializer):
    refresh_token = TextField(max_length=4096)


class TokenPairSerializer(serializers.Serializer):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    token_type = serializers.ChoiceField(["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token ends.")
    role = serializers.ChoiceField(Role.choices)


class SignInSerializer(serializers.ModelSerializer):
    started_at = InstantField()
    last_used_at = InstantField()
    expires_at = InstantField()
    is_current = serializers.SerializerMethodField(help_text="Is it the one of this request?")

    class Meta:
        model = SignIn
        fields = (
            "id",
            "door",
            "user_agent",
            "address",
            "started_at",
            "last_used_at",
            "expires_at",
            "is_current",
        )

    def get_is_current(self, sign_in: SignIn) -> bool:
        return sign_in.pk == sign_in_id(self.context["request"].auth)


class ActsForSerializer(serializers.Serializer):
    """A patient whom the caller sees and books for."""

    patient_id = IdField()
    name = serializers.CharField(source="patient.name")
    relationship = serializers.CharField(help_text="What the caller is to the patient.")


class AccountSerializer(serializers.Serializer):
    """Who is signed in, the doctor or patient behind the account, and whom that patient acts
    for."""

    id = IdField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    doctor_id = IdField(source="doctor.pk", default=None, allow_null=True)
    patient_id = IdField(source="patient.pk", default=None, allow_null=True)
    acts_for = serializers.SerializerMethodField()

    @extend_schema_field(ActsForSerializer(many=True))
    def get_acts_for(self, user: User) -> Any:
        patient = getattr(user, "patient", None)
        return ActsForSerializer(patient.acts_for() if patient else (), many=True).data
