from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from rest_framework.exceptions import ErrorDetail

from accounts.services import passwords
from clinic.api.faults import model_faults
from clinic.api.fields import TextField
from clinic.api.serializers import StrictSerializer, fault

LONGEST_READ = 4096  # Characters; longer ones are refused unread, shorter ones by the rules.
NO_MATCH = "The passwords don't match."


class PasswordField(TextField):
    def __init__(self, **options):
        super().__init__(max_length=LONGEST_READ, trim_whitespace=False, **options)


class NewPasswordSerializer(StrictSerializer):
    """A new password, typed twice."""

    new_password = PasswordField()
    confirm_password = PasswordField()

    def faults_beyond_fields(self, valid, errors):
        faults: dict[str, list[ErrorDetail]] = {}
        given = {"new_password", "confirm_password"} <= set(valid)
        if given and valid["new_password"] != valid["confirm_password"]:
            faults["confirm_password"] = fault(NO_MATCH)
        for name, sentence, code in model_faults(ValidationError(self.password_faults(valid))):
            if name not in errors:
                faults.setdefault(name, []).append(ErrorDetail(sentence, code))
        return faults

    def password_faults(self, valid) -> passwords.Faults:
        """What can be said of the password before it is known whose it is."""
        new = valid.get("new_password")
        told = [] if new is None else passwords.faults_of(new, None)
        return {"new_password": told} if told else {}


class ChangePasswordSerializer(NewPasswordSerializer):
    current_password = PasswordField()

    def password_faults(self, valid):
        user = self.context["request"].user
        return passwords.change_faults(
            user, valid.get("current_password"), valid.get("new_password")
        )


class EmailSerializer(StrictSerializer):
    """An e-mail address, of which nothing is told."""

    email = TextField(max_length=254, validators=[EmailValidator()])


class ResetSerializer(NewPasswordSerializer):
    token = TextField(max_length=200, help_text="From the link in the mail.")
