from rest_framework import serializers

from accounts.roles import Role
from clinic.api.fields import IdField, OneOfField, TextField
from clinic.api.serializers import StrictSerializer


class LoginSerializer(StrictSerializer):
    """The OAuth2 password grant (RFC 6749, 4.3.2), as a form or as JSON."""

    grant_type = OneOfField(["password"], required=False)
    username = TextField(max_length=254, help_text="The e-mail address.")
    password = TextField(max_length=4096, trim_whitespace=False)
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


class AccountSerializer(serializers.Serializer):
    """Who is signed in, and the doctor or patient behind the account."""

    id = IdField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    doctor_id = IdField(source="doctor.pk", default=None, allow_null=True)
    patient_id = IdField(source="patient.pk", default=None, allow_null=True)
