"""The documents of a backup: every stored file as it is, encrypted under `DOCUMENT_KEYS`."""

import tarfile
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from django.core.files.storage import storages
from django.db import models
from django.db.models import FileField

from clinic.operations.backup.sealing import UnsealingFile
from clinic.operations.reencryption import fields
from clinic.storage import FOR_AN_HOUR, SMALL, UNFINISHED

Meter = Callable[[int], object]


class DocumentsArchive:
    """A tar file to which documents are added, each once."""

    def __init__(self, file: Any, meter: Meter):
        self.tar = tarfile.open(  # noqa: SIM115
            mode="w|", fileobj=file, format=tarfile.PAX_FORMAT
        )
        self.meter = meter
        self.names: set[str] = set()

    def add(self, name: str) -> bool:
        """False where there is no such file (any more)."""
        if name in self.names:
            return True
        try:
            content = document_store().read_sealed(name)
        except FileNotFoundError:
            return False
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self.tar.addfile(member, BytesIO(content))
        self.names.add(name)
        self.meter(1)
        return True

    def close(self) -> None:
        self.tar.close()


def document_store() -> Any:
    return storages["documents"]


def stored_names(folder: str = "") -> Iterator[str]:
    """Every file of the storage but those that are kept for an hour."""
    try:
        folders, files = document_store().listdir(folder)
    except FileNotFoundError:  # No document was ever stored.
        return
    whole = (name for name in files if not name.startswith(UNFINISHED))
    yield from (f"{folder}/{name}" if folder else name for name in whole)
    for name in folders:
        if folder or name not in FOR_AN_HOUR:
            yield from stored_names(f"{folder}/{name}" if folder else name)


def named_by_rows() -> Iterator[str]:
    """Every file that a row of the database names, as the current transaction sees them."""
    for field in document_fields():
        names = field.model._base_manager.exclude(**{field.name: ""})
        yield from names.values_list(field.name, flat=True).iterator(chunk_size=2000)


def document_fields() -> list[models.Field]:
    return [field for field in fields() if isinstance(field, FileField)]


def add_named(archive: DocumentsArchive) -> tuple[int, list[str]]:
    """Add what the rows name and the archive hasn't yet, small copies too. Returns how many the
    rows name, and those whose file isn't there."""
    named, missing = 0, []
    for name in named_by_rows():
        named += 1
        if archive.add(name):
            archive.add(name + SMALL)
        else:
            missing.append(name)
    return named, missing


def unpack(sealed: UnsealingFile, meter: Meter) -> list[str]:
    """Store what the archive holds; what this storage has under these names is replaced."""
    names = []
    with tarfile.open(mode="r|", fileobj=sealed) as tar:  # type: ignore[call-overload]
        for member in tar:
            content: Any = tar.extractfile(member)
            document_store().write_sealed(member.name, content.read())
            names.append(member.name)
            meter(1)
    for _ in sealed:  # To its end, which tells whether all of it is there.
        pass
    return names
