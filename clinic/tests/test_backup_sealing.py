"""Files of a backup: sealed in pieces, and read as they were written or not at all."""

import os
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from clinic.operations.backup.sealing import PIECE, Damaged, SealingFile, UnsealingFile

KEY = Fernet.generate_key().decode()


def read(path: Path, key: str = KEY, purpose: str = "a file") -> bytes:
    with closing(UnsealingFile(path, key, purpose)) as file:
        return b"".join(file)


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_sealed_file_is_read_as_it_was_written_or_not_at_all(tmp_path, size):
    content, path = os.urandom(size), tmp_path / "file"
    sealing = SealingFile(path, KEY, "a file")
    for start in range(0, size, 300_000):
        sealing.write(content[start : start + 300_000])
    sealing.finish()

    assert read(path) == content
    assert content[:40] not in path.read_bytes() or size < 2
    whole = path.read_bytes()
    changed = whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:]
    for damaged in (whole[:-1], whole[: -(PIECE + 16)], whole[:20], b"", whole + b"x", changed):
        path.write_bytes(damaged)
        with pytest.raises(Damaged):
            read(path)
    path.write_bytes(whole)
    for key, purpose in ((KEY, "another"), (Fernet.generate_key().decode(), "a file")):
        with pytest.raises(Damaged):
            read(path, key, purpose)
