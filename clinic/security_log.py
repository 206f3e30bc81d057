"""The security log: what happened to accounts, rights and large amounts of data, one line each.

The logger is `clinic.security`; a line's message begins with its kind. People stand in it by the
ids of their accounts and records alone, never by names, e-mail addresses or numbers; a client by
its network (`clinic.address.network_of`).
"""

import logging
import re
from enum import StrEnum
from typing import Any
from uuid import UUID

from clinic.address import client_network
from clinic.logs import current_request

logger = logging.getLogger("clinic.security")
Detail = str | int | UUID | None
# Ids, routes and words of the program's own; no e-mail address, and hardly a name.
WORD = re.compile(r"[a-z0-9_.:/<>{}-]{0,100}")


class Kind(StrEnum):
    """What a line says; the operators' filters and alerts go by these words."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    UNLOCKED = "unlocked"
    SIGN_IN_ENDED = "sign_in_ended"
    TOKEN_REUSED = "token_reused"  # noqa: S105  # nosec B105
    STEP_UP_PASSED = "step_up_passed"
    STEP_UP_FAILED = "step_up_failed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # nosec B105
    RESET_LINK_SENT = "reset_link_sent"
    EMAIL_CHANGED = "email_changed"
    PHONE_CHANGED = "phone_changed"
    FACTOR_ADDED = "factor_added"
    FACTOR_USED = "factor_used"
    FACTOR_FAILED = "factor_failed"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_RESET = "factor_reset"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_OPENED = "account_opened"
    ACCOUNT_SHUT = "account_shut"
    ACCOUNT_ERASED = "account_erased"
    ROLE_CHANGED = "role_changed"
    ACCESS_REFUSED = "access_refused"
    RATE_LIMITED = "rate_limited"
    BREAK_GLASS = "break_glass"
    EXPORT = "export"
    IMPORT = "import"
    AUDIT_BROKEN = "audit_broken"


# Somebody may be trying something: the rest are everyday events.
WARNINGS = frozenset(
    {
        Kind.SIGN_IN_FAILED,
        Kind.LOCKED_OUT,
        Kind.TOKEN_REUSED,
        Kind.STEP_UP_FAILED,
        Kind.FACTOR_FAILED,
        Kind.ACCESS_REFUSED,
        Kind.RATE_LIMITED,
        Kind.BREAK_GLASS,
        Kind.AUDIT_BROKEN,
    }
)


def note_security(kind: Kind, *, user: Any = None, by: Any = None, **details: Detail) -> None:
    """Write one line. `user` is whose account it is about, `by` who did it, where that is somebody
    else; both are accounts or their ids. Details are ids, numbers and words of the program.

    Anything else, such as what somebody typed, is told as "?".
    """
    given = {"user": key_of(user), "by": key_of(by), **details}
    told = {name: harmless_detail(value) for name, value in given.items() if value is not None}
    request = current_request.get()
    if request is not None:
        told["network"] = client_network(request)
    line = " ".join([kind.value, *(f"{name}={value}" for name, value in told.items())])
    level = logging.WARNING if kind in WARNINGS else logging.INFO
    logger.log(level, line, extra={"fields": {"kind": kind.value, **told}})


def key_of(account: Any) -> Detail:
    """The id of an account, or the id that it is already."""
    key: Detail = getattr(account, "pk", account)
    return key


def harmless_detail(value: Detail) -> str | int:
    if isinstance(value, int):
        return value
    text = str(value)
    return text if WORD.fullmatch(text) else "?"
