"""`python -m tests.document_kills`: a process is killed (-9) at each step of storing a photo.

A step is each statement, and each file that is opened, renamed or removed below the documents: a
fork is killed at the first of them, one at the second, and so on until one gets to its end. Prints
as JSON, by what was done, how many were killed.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from io import BytesIO

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.db import connection  # noqa: E402
from PIL import Image  # noqa: E402

from accounts.models import User  # noqa: E402
from patients import services  # noqa: E402
from patients.models import Patient  # noqa: E402
from patients.photos import CleanPhoto, clean_photo  # noqa: E402
from patients.tests.factories import PatientFactory  # noqa: E402

WATCHED = {"open", "os.rename", "os.remove", "os.mkdir"}
DOCUMENTS = str(settings.VAR_DIR / "documents")


def photo() -> CleanPhoto:
    file = BytesIO()
    Image.new("RGB", (640, 480), "white").save(file, "JPEG")
    return clean_photo(SimpleUploadedFile("photo.jpg", file.getvalue()))


def killed_at(number: int, work: Callable[[], object]) -> bool:
    """Do it in a fork that is killed at its step of this number; False where it ended before."""
    child = os.fork()
    if child == 0:
        left = number

        def step() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(event: str, arguments: tuple) -> None:
            if event in WATCHED and str(arguments[0]).startswith(DOCUMENTS):
                step()

        def around(execute, *statement):
            result = execute(*statement)
            step()
            return result

        sys.addaudithook(watch)
        with connection.execute_wrapper(around):
            work()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status not in (0, signal.SIGKILL):
        raise RuntimeError(f"It ended with {status}.")
    return status == signal.SIGKILL


def kills(prepare: Callable[[], object], work: Callable[[object], object]) -> int:
    number = 0
    while True:
        prepared = prepare()
        connection.close()
        connection.close_pool()  # A fork has no use for this one's connections.
        number += 1
        if not killed_at(number, lambda: work(prepared)):  # noqa: B023
            return number - 1


def main() -> None:
    sent = photo()
    desk = User.objects.get()

    def registered() -> Patient:
        return services.register(PatientFactory.build(), sent, by=desk)

    told = {
        "register": kills(
            PatientFactory.build, lambda patient: services.register(patient, sent, by=desk)
        ),
        "replace": kills(
            registered, lambda patient: services.replace_document(patient, sent, by=desk)
        ),
        "delete": kills(registered, lambda patient: services.delete(patient, by=desk)),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
