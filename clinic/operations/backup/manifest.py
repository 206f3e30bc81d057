"""What a backup says of itself, readable without a key and sealed with one."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from clinic.operations.backup.sealing import Damaged, key_fingerprint, seal_of

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE, DOCUMENTS = "database.dump.sealed", "documents.tar.sealed"
FOLDER = "clinic-%Y%m%dT%H%M%SZ"


@dataclass
class BackupFile:
    """One file of it: bytes on the disk, bytes that are encrypted in it, hash of the former."""

    bytes: int
    plain_bytes: int
    sha256: str


@dataclass
class Manifest:
    """`counts` are rows by table; `documents` are `files` in the archive, `named` by rows of the
    database, and `missing` of those. No data of people, and no key but by its fingerprint."""

    id: str
    made_at: str  # ISO 8601, UTC: the moment of which database and documents are.
    version: str
    postgresql: int  # The major version of the server.
    keys: list[str]
    migrations: dict[str, list[str]]
    counts: dict[str, int]
    documents: dict[str, int] = field(default_factory=dict)
    files: dict[str, BackupFile] = field(default_factory=dict)
    seconds: float = 0
    format: int = FORMAT

    def purpose(self, name: str) -> str:
        return f"{self.id} {name}"

    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def write(self, folder: Path, key: str) -> None:
        told = asdict(self)
        told["seal"] = seal_of(key, canonical(told))
        (folder / MANIFEST).write_text(json.dumps(told, indent=1) + "\n")


def canonical(told: dict[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def read_manifest(folder: Path) -> tuple[Manifest, str]:
    """The manifest, and the key of `DOCUMENT_KEYS` under which the backup is. Raises Damaged."""
    told, seal = told_by(folder)
    key = next((key for key in settings.DOCUMENT_KEYS if seal_of(key, canonical(told)) == seal), "")
    if not key:
        known = ", ".join(told.get("keys", ())) or "none"
        raise Damaged(
            f"No key of DOCUMENT_KEYS has sealed {folder / MANIFEST}, or it was changed. It names "
            f"the keys {known}; here are {', '.join(map(key_fingerprint, settings.DOCUMENT_KEYS))}."
        )
    return manifest_from(told), key


def told_by(folder: Path) -> tuple[dict[str, Any], str]:
    """What stands in it, and its seal, which nobody has looked at. Raises Damaged."""
    try:
        told = json.loads((folder / MANIFEST).read_text())
        seal = told.pop("seal")
    except FileNotFoundError as error:
        raise Damaged(f"{folder} is no backup: it has no {MANIFEST}.") from error
    except (ValueError, AttributeError, KeyError) as error:
        raise Damaged(f"{folder / MANIFEST} can't be read.") from error
    if told.get("format") != FORMAT:
        raise Damaged(f"{folder} is of another format: take the version that made it.")
    return told, seal


def manifest_from(told: dict[str, Any]) -> Manifest:
    files = {name: BackupFile(**one) for name, one in told["files"].items()}
    return Manifest(**{**told, "files": files})


def backups_in(directory: Path) -> list[Path]:
    """Those that are whole, the newest first."""
    found = [path.parent for path in directory.glob(f"clinic-*/{MANIFEST}")]
    return sorted(found, key=lambda path: path.name, reverse=True)


def folder_name(made_at: datetime) -> str:
    return made_at.astimezone(UTC).strftime(FOLDER)
