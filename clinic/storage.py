import os
from contextlib import suppress
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
# Folders of what is kept for an hour; a job of each sweeps it.
IMPORTS, KEPT_PHOTOS = "imports", "kept"
FOR_AN_HOUR = frozenset({IMPORTS, KEPT_PHOTOS})
UNFINISHED = ".new-"  # Begins the name of a file that is being written.


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
        """Store under just this name, in place of what is there, what `read_sealed()` gave."""
        super()._save(name, ContentFile(token))

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
        token = rotated(self.read_sealed(name))
        if token is None:
            return False
        self.write_sealed(name, token)
        return True

    def delete(self, name: str) -> None:
        """Delete a file, its small copy first: none is left of which nobody knows."""
        if not name.endswith(SMALL):
            super().delete(name + SMALL)
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


class WholeFileSystemStorage(FileSystemStorage):
    """Files on this machine that are there whole, on the disk itself, once they are saved: what is
    written then may rely on it. Readable by this process's user alone."""

    def _save(self, name: str, content: File) -> str:
        """Raises OSError, and leaves nothing, where the disk is full or can't be written."""
        path = Path(self.path(name))
        self.make_folders(path.parent)
        with NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED, delete=False) as file:
            try:
                file.write(content.read())  # Mode 0600.
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.unlink(file.name)
                raise
        sync_folder(path.parent)
        return name

    def make_folders(self, folder: Path) -> None:
        """Down from the storage's own folder, which may lie in one that others look into."""
        root = Path(self.location)
        root.parent.mkdir(parents=True, exist_ok=True)
        for part in (root, *reversed(folder.relative_to(root).parents), folder):
            made = root / part
            if not made.is_dir():
                made.mkdir(mode=0o700, exist_ok=True)
                sync_folder(made.parent)


class EncryptedFileSystemStorage(EncryptedMixin, WholeFileSystemStorage):
    """Encrypted files on this machine, with no URL."""


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
