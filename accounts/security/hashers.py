from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher


class BCryptHasher(BCryptSHA256PasswordHasher):
    """bcrypt over SHA-256, so that passwords longer than bcrypt's 72 bytes count whole."""

    rounds = settings.BCRYPT_ROUNDS
