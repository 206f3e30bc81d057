from accounts.admin.access_log import AccessLogAdmin
from accounts.admin.changes import ChangesAdmin
from accounts.admin.sign_ins import LockOutAdmin, SignInAdmin
from accounts.admin.users import UserAdmin

__all__ = ["AccessLogAdmin", "ChangesAdmin", "LockOutAdmin", "SignInAdmin", "UserAdmin"]
