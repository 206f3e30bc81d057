"""Files of a backup: encrypted and authenticated in pieces, so that none is ever read whole.

A file is `MAGIC`, a salt of 32 bytes, and pieces of 1 MiB (the last one may be shorter), each under
AES-256-GCM with a key of this file alone: HKDF-SHA256 of a key of `DOCUMENT_KEYS`, the salt, and
what the file is. The nonce is the piece's number and whether it is the last one, so that pieces
can't be swapped, left out or cut off unnoticed (the STREAM construction of Hoang, Reyhanitabar,
Rogaway and Vizár, 2015).
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"clinic-backup-1\n"
SALT_BYTES = 32
PIECE = 2**20
TAG_BYTES = 16


class Damaged(Exception):
    """The file isn't what was written, or no key fits."""


def key_fingerprint(key: str) -> str:
    """Names a key without telling it: a key is random, so nobody finds it by its hash."""
    return hashlib.sha256(b"clinic key fingerprint\0" + key.encode()).hexdigest()[:16]


def derived_key(key: str, salt: bytes, purpose: str) -> bytes:
    secret = base64.urlsafe_b64decode(key)
    return HKDF(SHA256(), length=32, salt=salt, info=b"clinic backup: " + purpose.encode()).derive(
        secret
    )


def seal_of(key: str, content: bytes) -> str:
    """What only somebody with the key can have written beside this content."""
    return hmac.new(derived_key(key, b"", "manifest"), content, "sha256").hexdigest()


def nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


class SealingFile:
    """A file that encrypts what is written to it. `purpose` names the backup and the file."""

    def __init__(self, path: Path, key: str, purpose: str):
        self.file = path.open("xb")
        os.chmod(path, 0o600)
        self.digest, self.bytes, self.plain_bytes = hashlib.sha256(), 0, 0
        self.rest = bytearray()
        self.number = 0
        salt = os.urandom(SALT_BYTES)
        self.cipher = AESGCM(derived_key(key, salt, purpose))
        self.put(MAGIC + salt)

    def write(self, content: bytes) -> int:
        self.rest += content
        self.plain_bytes += len(content)
        while len(self.rest) > PIECE:  # The last piece is known as such only at the end.
            self.put_piece(bytes(self.rest[:PIECE]), is_last=False)
            del self.rest[:PIECE]
        return len(content)

    def finish(self) -> None:
        """Write the last piece, and have the disk keep all of it."""
        self.put_piece(bytes(self.rest), is_last=True)
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()

    def put_piece(self, piece: bytes, is_last: bool) -> None:
        self.put(self.cipher.encrypt(nonce(self.number, is_last), piece, None))
        self.number += 1

    def put(self, content: bytes) -> None:
        self.file.write(content)
        self.digest.update(content)
        self.bytes += len(content)


class UnsealingFile:
    """What `SealingFile` wrote, read piece by piece. Raises Damaged."""

    def __init__(self, path: Path, key: str, purpose: str):
        self.file = path.open("rb")
        self.name = path.name
        self.digest = hashlib.sha256()
        head = self.take(len(MAGIC) + SALT_BYTES)
        if not head.startswith(MAGIC):
            self.file.close()
            raise Damaged(f"{path.name} is no file of a backup.")
        cipher = AESGCM(derived_key(key, head[len(MAGIC) :], purpose))
        self.plain = self.pieces(self.file, cipher)
        self.rest = b""

    def __iter__(self) -> Iterator[bytes]:
        return self.plain

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end; what `tarfile` asks of a stream."""
        parts = [self.rest]
        known = len(self.rest)
        while known < size and (piece := next(self.plain, b"")):
            parts.append(piece)
            known += len(piece)
        whole = b"".join(parts)
        self.rest = whole[size:]
        return whole[:size]

    def close(self) -> None:
        self.file.close()

    def pieces(self, file: IO[bytes], cipher: AESGCM) -> Iterator[bytes]:
        number, sealed = 0, self.take(PIECE + TAG_BYTES)
        while sealed:
            following = self.take(PIECE + TAG_BYTES)
            try:
                yield cipher.decrypt(nonce(number, not following), sealed, None)
            except InvalidTag as error:
                raise Damaged(f"{self.name} was changed, or cut off.") from error
            number, sealed = number + 1, following
        if number == 0:
            raise Damaged(f"{self.name} was cut off.")

    def take(self, size: int) -> bytes:
        content = self.file.read(size)
        self.digest.update(content)
        return content
