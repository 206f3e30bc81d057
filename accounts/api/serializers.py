from rest_framework import serializers

from accounts.models import SignIn
from accounts.roles import Role
from accounts.services.sign_ins import sign_in_id
from clinic.api.fields import IdField, InstantField, OneOfField, TextField
from clinic.api.serializers import StrictSerializer


class LoginSerializer(StrictSerializer):
    """The OAuth2 password grant (RFC 6749, 4.3.2), as a form or as JSON."""

    grant_type = OneOfField(["password"], required=False)
    username = TextField(max_length=254, help_text="The e-mail address.")
    password = TextField(max_length=4096, trim_whitespace=False)
    otp = TextField(
        required=False,
        allow_blank=True,
        max_length=20,
        help_text="A code of the authenticator app, or a recovery code.",
    )
    scope = TextField(required=False, allow_blank=True)
    client_id = TextField(required=False, allow_blank=True, allow_null=True)
    client_secret = TextField(required=False, allow_blank=True, allow_null=True)


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


class AccountSerializer(serializers.Serializer):
    """Who is signed in, and the doctor or patient behind the account."""

    id = IdField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    doctor_id = IdField(source="doctor.pk", default=None, allow_null=True)
    patient_id = IdField(source="patient.pk", default=None, allow_null=True)
