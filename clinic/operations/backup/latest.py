"""When the last backup was made: a note in `VAR_DIR`, for those who watch over it."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from clinic.operations.backup.manifest import Manifest

NOTE = "last-backup.json"


@dataclass(frozen=True)
class LastBackup:
    made_at: datetime
    folder: str
    missing: int  # Documents that rows name and whose file was not there.


def note_backup(folder: Path, manifest: Manifest) -> None:
    path = Path(settings.VAR_DIR, NOTE)
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "made_at": manifest.made_at,
        "folder": str(folder),
        "missing": manifest.documents["missing"],
    }
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told))
    part.replace(path)


def last_backup() -> LastBackup | None:
    """None where none was ever made here, or nothing can be read of it."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(Path(settings.VAR_DIR, NOTE).read_text())
        return LastBackup(
            datetime.fromisoformat(told["made_at"]), told["folder"], int(told["missing"])
        )
    return None
