"""The process that decodes photos, one for each process that takes them."""

import atexit
import json
import os
import subprocess  # nosec B404
import sys
from pathlib import Path
from threading import Lock
from typing import IO, Any, cast

DECODER = Path(__file__).with_name("decoder.py")


class DecoderProcess:
    """Started when it is needed, and again after a photo that it did not survive.

    One photo at a time: more would only take turns on the processors, and keep more pictures in
    memory.
    """

    def __init__(self) -> None:
        self.lock = Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0  # A process that was forked off this one starts its own.

    def decode(self, content: bytes, **limits: int) -> tuple[dict[str, Any], bytes, bytes]:
        """What the decoder tells of a photo, the photo and its small copy: see
        `decoder.answer()`."""
        with self.lock:
            stdin, stdout = self.pipes()
            header = json.dumps(limits | {"size": len(content)}).encode() + b"\n"
            try:
                stdin.write(header + content)
                stdin.flush()
                told = json.loads(stdout.readline())
                sizes = told.get("size", 0), told.get("small_size", 0)
                photo, small = map(stdout.read, sizes)
                if (len(photo), len(small)) != sizes:
                    raise EOFError
            except (OSError, ValueError, EOFError):
                self.close()
                return {"refused": "too_heavy"}, b"", b""
            return told, photo, small

    def pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self.process is None or self.owner != os.getpid():
            self.process = subprocess.Popen(  # noqa: S603  # nosec B603  # Nothing comes from outside.
                [sys.executable, "-I", str(DECODER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the server, whose end it sees.
            )
            self.owner = os.getpid()
        return cast("IO[bytes]", self.process.stdin), cast("IO[bytes]", self.process.stdout)

    def close(self) -> None:
        if self.process is not None and self.owner == os.getpid():
            self.process.communicate()  # It ends with its input.
        self.process = None


DECODING = DecoderProcess()
atexit.register(DECODING.close)
