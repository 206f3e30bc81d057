from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.password_serializers import EmailSerializer
from accounts.api.passwords import DoneSerializer, success_answer
from accounts.models import AccessLog
from accounts.roles import Role
from accounts.services import credentials, sign_ins, verification
from accounts.services.access import note_read
from accounts.services.concealment import conceals
from clinic.api import etags
from clinic.api.errors import INVALID, VALIDATION_FAILED, Problem, as_problem
from clinic.api.parsers import StrictJSONParser, StrictMultiPartParser
from clinic.api.views import ClinicViewSet
from patients import services
from patients.api.account_serializers import (
    ACCOUNT_ERROR_NAMES,
    AccountRegistrationSerializer,
    AccountStateSerializer,
    ClaimSerializer,
    CodeSerializer,
    OwnProfileSerializer,
    PatientLoginSerializer,
    Profile,
    ProfileSerializer,
    Registered,
    SignedIn,
    TokenSerializer,
)
from patients.api.examples import CLAIMS, REGISTERS, REGISTERS_BY_FORM
from patients.api.known import ExistingSerializer, HintSerializer, TellsOwners, hint_of
from patients.models import Patient
from patients.models.constraints import CONTACTS

REGISTERED = "You are registered. Please confirm your e-mail address by the link in our mail."
CLAIMED = "Your account is open. Please sign in."
RESENT = "If this address waits to be confirmed, a mail with a new link is on its way."
EMAIL_VERIFIED = "Thank you. Your e-mail address is confirmed."
CODE_SENT = "A text message with a code of six digits is on its way."
SAVED = "The changes are saved."
WAITS = "The new e-mail address takes effect when it is confirmed by the link mailed to it."
PHONE_VERIFIED = "Thank you. Your phone number is confirmed."


class PatientAccountViewSet(ClinicViewSet):
    """How patients get an account, sign in, and verify their e-mail address and phone."""

    anonymous_actions = frozenset(
        {"register", "claim", "login", "verify_email", "resend_verification"}
    )
    permissions = {
        "register": "",
        "claim": "",
        "login": "",
        "verify_email": "",
        "resend_verification": "",
        "send_phone_code": "patients.verify_own_patient",
        "verify_phone": "patients.verify_own_patient",
    }
    limits = {
        "register": "register",
        "claim": "claim",
        "login": "login",
        "verify_email": "verify",
        "resend_verification": "resend",
        "send_phone_code": "phone_code",
    }
    secret_actions = frozenset({"login"})
    parsers = {"register": [StrictJSONParser, StrictMultiPartParser]}
    beside_problems = {"register": {"422": HintSerializer}}
    error_names = ACCOUNT_ERROR_NAMES
    serializer_class = AccountStateSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Whoever registers or signs in has no token yet, or an old one."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    @extend_schema(
        request={
            "application/json": AccountRegistrationSerializer,
            "multipart/form-data": AccountRegistrationSerializer,
        },
        responses={201: Registered},
        examples=[REGISTERS, REGISTERS_BY_FORM],
    )
    def register(self, request: Request) -> Response:
        """Register with an account.

        Register oneself, with an account. A known e-mail or phone is a fault like others
        (422), or, where the clinic conceals who is known, answered as a success is: then
        without `patient_id`, for everybody. `hint` says what somebody who is known does.
        """
        serializer = AccountRegistrationSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        patient = serializer.build(valid)
        services.register_with_account(patient, valid["password"], valid.get("document_photo"))
        response = success_answer(REGISTERED, **self.state(patient, conceals()))
        response.status_code = status.HTTP_201_CREATED
        return response

    @extend_schema(request=ClaimSerializer, responses={201: Registered}, examples=[CLAIMS])
    def claim(self, request: Request) -> Response:
        """Open the account of a patient on record.

        With the code of an invitation, which the front desk sends or prints, and the date of
        birth. 422 for any code and date that don't go together; five wrong dates end an
        invitation. Of `email` and `phone_number`, what isn't on record is sent, too: an account
        needs both.
        """
        given = self.read(ClaimSerializer, request.data)
        contacts = {name: given[name] for name in CONTACTS if name in given}
        token, born = given["token"], given["date_of_birth"]
        account = services.claim(token, born, given["password"], contacts=contacts)
        patient = Patient.objects.get(user=account)
        response = success_answer(CLAIMED, **self.state(patient, concealed=False))
        response.status_code = status.HTTP_201_CREATED
        return response

    def state(self, patient: Patient, concealed: bool) -> dict[str, Any]:
        data = dict(AccountStateSerializer(patient).data)
        if concealed:
            del data["patient_id"]
        return data

    @extend_schema(request=PatientLoginSerializer, responses=SignedIn)
    def login(self, request: Request) -> Response:
        """Log in as a patient.

        Exchange a patient's e-mail address and password for tokens. Who has a second factor sends
        `otp`, too: without it, 401 `otp_required`.
        """
        given = self.read(PatientLoginSerializer, request.data)
        user = credentials.check_password(request, given["email"], given["password"])
        patient = Patient.objects.filter(user=user, user__role=Role.PATIENT).first()
        if user is None or patient is None:
            raise credentials.Wrong
        credentials.check_second(request, user, given.get("otp", ""))
        pair = sign_ins.begin_by_api(user, by_factor=True, **sign_ins.device(request))
        return success_answer("You are signed in.", **asdict(pair), patient_id=str(patient.pk))

    @extend_schema(request=TokenSerializer, responses=Registered)
    def verify_email(self, request: Request) -> Response:
        """Verify an e-mail address.

        Verify an e-mail address by the token of the link, which works once. The token of a new
        address lets it take the place of the old one; 409 where it is somebody else's by now.
        """
        given = self.read(TokenSerializer, request.data)
        patient = services.verify_address(given["token"])
        return success_answer(EMAIL_VERIFIED, **self.state(patient, concealed=False))

    @extend_schema(request=EmailSerializer, responses=DoneSerializer)
    def resend_verification(self, request: Request) -> Response:
        """Ask for a new verification mail.

        Ask for a new link. The answer is the same whether the address is known or not.
        """
        given = self.read(EmailSerializer, request.data)
        verification.resend_email_link(given["email"])
        return success_answer(RESENT)

    @extend_schema(request=None, responses=DoneSerializer)
    def send_phone_code(self, request: Request) -> Response:
        """Ask for a phone code.

        Have six digits sent to one's phone: they work ten minutes, until new ones are sent.
        409 `wrong_state` where the number is verified, or the clinic sends no messages.
        """
        self.read_no_body()
        verification.send_phone_code(request.user)
        return success_answer(CODE_SENT)

    @extend_schema(request=CodeSerializer, responses=Registered)
    def verify_phone(self, request: Request) -> Response:
        """Verify a phone number.

        Verify one's phone by the six digits; after five tries they are dead.
        """
        given = self.read(CodeSerializer, request.data)
        verification.verify_phone(request.user, given["code"])
        patient = Patient.objects.get(user=request.user)
        return success_answer(PHONE_VERIFIED, **self.state(patient, concealed=False))

    def beside_problem(self, error: Exception) -> dict[str, Any]:
        return hint_of(error) if self.action == "register" else {}

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, credentials.CodeNeeded):
            exc = exceptions.AuthenticationFailed(str(exc), "otp_required")
        elif isinstance(exc, credentials.Wrong):
            exc = exceptions.AuthenticationFailed(
                "Wrong e-mail or password.", "invalid_credentials"
            )
        elif self.action == "register" and isinstance(
            exc, exceptions.ValidationError | ValidationError
        ):
            exc = as_fault(as_problem(exc, self.error_names))
        return super().handle_exception(exc)


def as_fault(problem: Problem) -> Problem:
    """A known e-mail or phone is a fault of the registration here, not a conflict."""
    if problem.status_code != status.HTTP_409_CONFLICT:
        return problem
    return Problem(422, INVALID, VALIDATION_FAILED, problem.errors)


class ProfileViewSet(TellsOwners):
    """A patient's record, for the patient and for staff who may read it."""

    permissions = {
        "retrieve": "patients.view_patient",
        "partial_update": "patients.change_contact_patient",
    }
    limits = {"partial_update": "password_change"}
    tagged = frozenset(permissions)
    matched = frozenset({"partial_update"})
    beside_problems = {"partial_update": {"409": ExistingSerializer}}
    leads_on = True
    error_names = ACCOUNT_ERROR_NAMES

    def is_limited(self) -> bool:
        """Only where a password is sent, which can be guessed."""
        data = self.request.data
        return isinstance(data, Mapping) and "current_password" in data

    def get_queryset(self) -> QuerySet[Patient]:
        return Patient.objects.visible_to(self.request.user).select_related(
            "document", "user__email_change"
        )

    def get_serializer_class(self):
        user = getattr(self.request, "user", None)
        changes_all = user is not None and user.has_perm("patients.change_patient")
        return ProfileSerializer if changes_all else OwnProfileSerializer

    @extend_schema(responses=Profile)
    def retrieve(self, request: Request, id: str) -> Response:
        """Show a profile.

        The record of the patient who is signed in, or of one whom staff may read.
        """
        return self.shown(self.get_object(), "The profile.")

    @extend_schema(request=ProfileSerializer, responses=Profile)
    @transaction.atomic
    def partial_update(self, request: Request, id: str) -> Response:
        """Change a profile.

        Change the fields that are sent: patients their contact data, the front office all. A
        new phone has to be verified again, as has an e-mail address that the front office
        enters, and the old address is told. For a new `email` patients send `current_password`,
        too (422 without it); it waits as `pending_email` until it is confirmed by the link that
        is mailed to it, and the old one signs in.
        """
        patient = self.get_matching()
        serializer = self.get_serializer(patient, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        valid = serializer.validated_data
        record, password = serializer.build(valid), valid.get("current_password")
        asked = record.email
        saved = services.change(record, by=request.user, current_password=password)
        return self.shown(self.get_object(), SAVED if asked == saved.email else f"{SAVED} {WAITS}")

    def shown(self, patient: Patient, message: str) -> Response:
        """The success shape around the record, with its `ETag`."""
        data = self.get_serializer(patient).data
        tag = etags.etag_of(data)
        if etags.is_known(self.request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        note_read(self.request, AccessLog.Action.READ, [patient.pk])
        response = success_answer(message, **data)
        response["ETag"] = tag
        return response
