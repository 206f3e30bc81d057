from rest_framework.permissions import BasePermission
from rest_framework.request import Request


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
        needed = view.permissions[action]
        return not needed or request.user.has_perm(needed)
