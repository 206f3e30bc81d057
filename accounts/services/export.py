"""What is held on somebody as the owner of an account, for whoever may have it."""

from typing import Any

from accounts.models import User

OF_ACCOUNTS = (
    "id",
    "email",
    "first_name",
    "last_name",
    "role",
    "is_active",
    "date_joined",
    "last_login",
)
OF_SIGN_INS = (
    "door",
    "started_at",
    "last_used_at",
    "expires_at",
    "ended_at",
    "ended_because",
    "address",
    "user_agent",
)


def collect_account(user: User | None) -> dict[str, Any]:
    """The account and its sign-ins. Passwords, tokens and codes aren't held, only digests."""
    if user is None:
        return {"account": None, "sign_ins": []}
    account = {name: getattr(user, name) for name in OF_ACCOUNTS}
    return {"account": account, "sign_ins": list(user.sign_ins.values(*OF_SIGN_INS))}
