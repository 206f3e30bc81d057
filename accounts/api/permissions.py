from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinic.api.errors import PASSWORD_GIVEN, Problem

GIVEN_SENTENCE = "This password was set by somebody else: change it before anything else."


class RolePermission(BasePermission):
    """Lets an action through for those whose role has the permission that the view names."""

    def has_permission(self, request: Request, view) -> bool:
        action = getattr(view, "action", None)
        if action in (None, "metadata"):
            return True  # A method that isn't allowed at all, which gets answered, or OPTIONS.
        if action not in view.permissions:
            return False  # Nobody has said who may.
        if not request.user.is_authenticated:
            return action in view.anonymous_actions
        if request.user.must_change_password and action not in view.open_to_given_passwords:
            raise Problem(403, PASSWORD_GIVEN, GIVEN_SENTENCE)
        needed = view.permissions[action]
        return not needed or request.user.has_perm(needed)
