"""What must be so before anything is started, said in a sentence where it is not."""

import os
import socket
import tempfile
from argparse import ArgumentTypeError
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

HOST = "127.0.0.1"


def port_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ArgumentTypeError(f"{text!r} is no port: it must be a number from 1 to 65535.")
    return int(text)


def check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} of {HOST} can't be used ({error.strerror}): "
                "choose another one, e.g. `make run PORT=8001`."
            ) from error


def check_writable(directory: Path, data: Path) -> None:
    """Both may belong to somebody else: root, where the clinic was started with sudo before."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
        if data.exists():
            os.listdir(data)
    except OSError as error:
        raise CommandError(
            f"The folder {error.filename or directory} can't be used ({error.strerror}): "
            "make it yours and writable, or set VAR_DIR to another one."
        ) from error


def uses_embedded() -> bool:
    return settings.DATABASES["default"]["ENGINE"] == "clinic.embedded"
