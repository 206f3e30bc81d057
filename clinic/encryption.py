"""Encryption at rest with `DOCUMENT_KEYS`: the first key writes, every key reads.

Files are Fernet tokens. Texts of columns are AES-256-GCM tokens under keys derived from the same
ones, which a list of many is read by several times as fast; tokens of before are read as well.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.functional import cached_property

TEXT = "enc1:"  # How a token of a text begins; six digits that tell the key come next.
NAMED = len(TEXT) + 6
NONCE = 12  # Bytes, random: one key writes 2**32 texts safely (NIST SP 800-38D).
NO_KEY = "No key in DOCUMENT_KEYS fits, or the data was changed."


class Unreadable(Exception):
    """What is kept encrypted can't be read with the keys at hand."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=4)
def _text_keys(keys: tuple[str, ...]) -> tuple[str, Mapping[str, AESGCM]]:
    """How tokens under the first key begin, and the ciphers by such beginnings."""
    ciphers = {}
    for key in keys:
        derived = HKDF(SHA256(), 32, salt=None, info=b"clinic.text").derive(key.encode())
        ciphers[TEXT + sha256(derived).hexdigest()[:6]] = AESGCM(derived)
    return next(iter(ciphers)), ciphers


def encrypt_text(text: str) -> str:
    named, ciphers = _text_keys(tuple(settings.DOCUMENT_KEYS))
    nonce = os.urandom(NONCE)
    token = nonce + ciphers[named].encrypt(nonce, text.encode(), None)
    return named + urlsafe_b64encode(token).decode()


def decrypt_text(token: str) -> str:
    """Raises Unreadable where no key fits or the data was changed."""
    _, ciphers = _text_keys(tuple(settings.DOCUMENT_KEYS))
    try:
        raw = urlsafe_b64decode(token[NAMED:])
        return ciphers[token[:NAMED]].decrypt(raw[:NONCE], raw[NONCE:], None).decode()
    except (KeyError, InvalidTag, ValueError, NoBase64) as error:
        raise Unreadable(NO_KEY) from error


def rotated_text(token: str) -> str | None:
    """The same under the first key; None where it is that already. Raises Unreadable."""
    named, _ = _text_keys(tuple(settings.DOCUMENT_KEYS))
    if token.startswith(named):
        decrypt_text(token)
        return None
    return encrypt_text(decrypt(token.encode()).decode())


def opened_argument(argument: str) -> str:
    """What `encrypt_text()` made of a job's argument. One of before is the text itself."""
    return decrypt_text(argument) if argument.startswith(TEXT) else argument


def encrypt(plain: bytes) -> bytes:
    return _fernet(tuple(settings.DOCUMENT_KEYS)).encrypt(plain)


def decrypt(token: bytes) -> bytes:
    """Raises Unreadable where no key fits or the data was changed."""
    if token.startswith(TEXT.encode()):
        return decrypt_text(token.decode()).encode()
    try:
        return _fernet(tuple(settings.DOCUMENT_KEYS)).decrypt(token)
    except InvalidToken as error:
        raise Unreadable(NO_KEY) from error


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
    the text itself. With `accepts_plain`, what was written before the column was encrypted is read
    as it is, until it is written anew (`manage.py reencrypt`).
    """

    def __init__(self, *args, accepts_plain: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.accepts_plain = accepts_plain

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | ({"accepts_plain": True} if self.accepts_plain else {})

    @cached_property
    def validators(self):
        longest = [] if self.max_length is None else [MaxLengthValidator(self.max_length)]
        return [*super().validators, *longest]

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt_text(value) if value else value

    def from_db_value(self, value, expression, connection):
        if not value or self.is_plain(value):
            return value
        return decrypt_text(value) if value.startswith(TEXT) else decrypt(value.encode()).decode()

    def is_plain(self, stored: str) -> bool:
        return self.accepts_plain and not stored.startswith(TEXT)

    def rotated(self, stored: str) -> str | None:
        """What is stored, under the first key; None where it is so. Raises Unreadable."""
        return encrypt_text(stored) if self.is_plain(stored) else rotated_text(stored)
