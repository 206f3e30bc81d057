from dataclasses import asdict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.password_serializers import (
    ChangePasswordSerializer,
    EmailSerializer,
    ResetSerializer,
)
from accounts.api.serializers import TokenPairSerializer
from accounts.models import SignIn
from accounts.services import passwords, sign_ins
from clinic.api.views import ClinicViewSet

RESET_OWED = "If there is an account with this address, a mail with a link is on its way."
RESET_DONE = "Your new password is set. Please sign in."


class DoneSerializer(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    data = serializers.DictField()


def success_answer(message: str, **data) -> Response:
    """The success shape of routes that answer with a sentence."""
    return Response({"success": True, "message": message, "data": data})


class PasswordViewSet(ClinicViewSet):
    """New passwords."""

    anonymous_actions = frozenset({"reset", "confirm_reset"})
    open_to_given_passwords = frozenset({"change"})
    permissions = {"change": "", "reset": "", "confirm_reset": ""}
    limits = {"change": "password_change", "reset": "reset", "confirm_reset": "verify"}
    secret_actions = frozenset({"change"})
    serializer_class = DoneSerializer

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Who forgot the password may send an old token along."""
        return [] if self.named_action in self.anonymous_actions else super().get_authenticators()

    @extend_schema(request=ChangePasswordSerializer, responses=TokenPairSerializer)
    def change(self, request: Request) -> Response:
        """Change one's password.

        Change one's own password. All tokens are dead from then on, and all other sign-ins
        end; the answer holds new tokens for this one.
        """
        given = self.read(ChangePasswordSerializer, request.data)
        keep = SignIn.objects.get(pk=request.auth[sign_ins.SIGN_IN_CLAIM])
        passwords.change(request.user, given["current_password"], given["new_password"], keep)
        keep.user = request.user
        pair = sign_ins.new_pair(keep)
        return Response(asdict(pair))

    @extend_schema(request=EmailSerializer, responses=DoneSerializer)
    def reset(self, request: Request) -> Response:
        """Ask for a new password.

        Ask for a mail with a link to choose a new password, which works once, for an hour.
        The answer is the same whether there is an account with this address or not.
        """
        given = self.read(EmailSerializer, request.data)
        passwords.owe_reset(given["email"])
        return success_answer(RESET_OWED)

    @extend_schema(request=ResetSerializer, responses=DoneSerializer)
    def confirm_reset(self, request: Request) -> Response:
        """Choose a new password.

        Choose a new password by the token of the link. All sign-ins end.
        """
        given = self.read(ResetSerializer, request.data)
        passwords.reset(given["token"], given["new_password"])
        return success_answer(RESET_DONE)
