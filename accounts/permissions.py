from rest_framework.permissions import BasePermission


class RolePermission(BasePermission):
    pass
