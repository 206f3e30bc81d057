from accounts.models.access import AccessLog
from accounts.models.email_changes import EmailChange
from accounts.models.factors import FactorReset, Passkey, RecoveryCode, SecondFactor
from accounts.models.seals import AuditSeal
from accounts.models.sign_ins import SignIn
from accounts.models.users import User, UserManager
from accounts.models.verification import OneTimeToken, PhoneCode

__all__ = [
    "AccessLog",
    "AuditSeal",
    "EmailChange",
    "FactorReset",
    "OneTimeToken",
    "Passkey",
    "PhoneCode",
    "RecoveryCode",
    "SecondFactor",
    "SignIn",
    "User",
    "UserManager",
]
