"""An authenticator app for tests."""

import base64
import time

from django.utils import timezone
from django_otp.oath import TOTP

from accounts.models import SecondFactor, User

SECRET = base64.b32encode(b"12345678901234567890").decode()


def with_factor(user: User) -> User:
    """The user, with a second factor of which no code was used yet."""
    SecondFactor.objects.create(user=user, secret=SECRET, confirmed_at=timezone.now())
    return user


def code_of(user: User, steps: int = 0) -> str:
    """The code that the user's app shows, or the one so many steps of 30 seconds from now."""
    secret = SecondFactor.objects.get(user=user).secret
    totp = TOTP(base64.b32decode(secret), drift=steps)
    totp.time = time.time()
    return f"{totp.token():06d}"


def wrong_code(user: User) -> str:
    near = {code_of(user, steps) for steps in range(-2, 3)}
    return next(f"{number:06d}" for number in range(10) if f"{number:06d}" not in near)
