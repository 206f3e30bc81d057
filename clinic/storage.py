import os
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, Storage

from clinic.encryption import Unreadable, decrypt, encrypt, rotated

# What is mixed in has no base of its own; the checker of types knows it as a storage.
_Storage: Any = Storage if TYPE_CHECKING else object


SMALL = ".small"  # Ends the name of a picture's small copy, which goes wherever that goes.


class EncryptedMixin(_Storage):
    """Makes a Django storage keep what is saved encrypted. Files are read whole."""

    def save_small(self, name: str, content: bytes) -> None:
        if not self.exists(name + SMALL):
            self.save(name + SMALL, ContentFile(content))

    def read_small(self, name: str) -> bytes:
        """Raises FileNotFoundError where the picture has no small copy."""
        with self.open(name + SMALL) as file:
            return file.read()

    def read_sealed(self, name: str) -> bytes:
        """A file as it is stored: encrypted. Raises FileNotFoundError."""
        with super()._open(name, "rb") as file:
            return file.read()

    def write_sealed(self, name: str, token: bytes) -> None:
        """Store under just this name what `read_sealed()` gave."""
        super()._save(name, ContentFile(token))

    def delete(self, name: str) -> None:
        """Delete a file, its small copy first: none is left of which nobody knows."""
        if not name.endswith(SMALL):
            super().delete(name + SMALL)
        super().delete(name)

    def delete_one(self, name: str) -> None:
        """Delete this file alone, if it is there."""
        super().delete(name)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        return super()._save(name, ContentFile(encrypt(content.read())))

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("Encrypted files are written by save() and read whole.")
        with super()._open(name, "rb") as file:
            return File(BytesIO(decrypt(file.read())), name=name)

    def url(self, name: str | None) -> str:
        raise ValueError("Encrypted files have no address: a view must hand them out.")


class EncryptedFileSystemStorage(EncryptedMixin, FileSystemStorage):
    """Files on this machine, encrypted, readable by this process's user alone, with no URL."""

    def reencrypt(self, name: str) -> bool:
        """Write a file and its small copy anew under the first key, each whole or not at all.
        False where it is that already. Raises Unreadable, FileNotFoundError."""
        is_written = self.write_anew(name)
        try:
            self.write_anew(name + SMALL)
        except FileNotFoundError:
            pass
        except Unreadable:  # It can be made anew.
            self.delete(name + SMALL)
        return is_written

    def write_anew(self, name: str) -> bool:
        path = Path(self.path(name))
        token = rotated(path.read_bytes())
        if token is None:
            return False
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:  # Mode 0600.
            file.write(token)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
        return True

    def __init__(self, **options):
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)
