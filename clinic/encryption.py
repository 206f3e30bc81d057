"""Encryption at rest with `DOCUMENT_KEYS`: the first key writes, every key reads."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.functional import cached_property


class Unreadable(Exception):
    """What is kept encrypted can't be read with the keys at hand."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(plain: bytes) -> bytes:
    return _fernet(tuple(settings.DOCUMENT_KEYS)).encrypt(plain)


def decrypt(token: bytes) -> bytes:
    """Raises Unreadable where no key fits or the data was changed."""
    try:
        return _fernet(tuple(settings.DOCUMENT_KEYS)).decrypt(token)
    except InvalidToken as error:
        raise Unreadable("No key in DOCUMENT_KEYS fits, or the data was changed.") from error


def rotated(token: bytes) -> bytes | None:
    """The same under the first key; None where it is that already. Raises Unreadable."""
    try:
        _fernet((settings.DOCUMENT_KEYS[0],)).decrypt(token)
    except InvalidToken:
        return encrypt(decrypt(token))
    return None


class EncryptedTextField(models.TextField):
    """Text that the database holds encrypted. It can't be searched, sorted or indexed.

    The empty string stays empty, so that "nothing on record" can be asked for. `max_length` is of
    the text itself.
    """

    @cached_property
    def validators(self):
        longest = [] if self.max_length is None else [MaxLengthValidator(self.max_length)]
        return [*super().validators, *longest]

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value.encode()).decode() if value else value

    def from_db_value(self, value, expression, connection):
        return decrypt(value.encode()).decode() if value else value
