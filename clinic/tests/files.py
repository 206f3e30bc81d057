"""Sending files to the console in tests, and reading what it hands out."""

import csv
import io

from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from openpyxl import Workbook, load_workbook

from clinic.files.tasks import check_file, import_file
from clinic.models import FileTransfer


def table(*rows: list[str], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def workbook(*rows: list) -> bytes:
    book, file = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def upload(client, page: str, content: bytes, name: str = "file.csv"):
    return client.post(f"{page}import/", {"file": SimpleUploadedFile(name, content)})


def send(client, page: str, content: bytes, name: str = "file.csv") -> FileTransfer:
    """Send a file and let its job check it, unless its columns must be matched first."""
    response = upload(client, page, content, name)
    assert response.status_code == 302, response.context["form"].errors
    transfer = FileTransfer.objects.latest("created_at")
    run(check_file, transfer)
    transfer.refresh_from_db()
    return transfer


def match(client, page: str, transfer: FileTransfer, **columns: str) -> FileTransfer:
    """Say what columns stand for, as `column_2="email"`, leave the others as they are guessed, and
    let the file's job check it."""
    address = f"{page}import/{transfer.pk}/columns/"
    form = client.get(address).context["form"]
    guessed = {name: form[name].value() for name in form.fields}
    return after(client, address, guessed | columns, transfer)


def answer(client, page: str, transfer: FileTransfer, **answers: str) -> FileTransfer:
    """Answer what is asked of whole columns, and let the file's job check it anew."""
    return after(client, f"{page}import/{transfer.pk}/", {"answer": "1"} | answers, transfer)


def after(client, address: str, data: dict[str, str], transfer: FileTransfer) -> FileTransfer:
    response = client.post(address, data)
    assert response.status_code == 302, response.context["form"].errors
    run(check_file, transfer)
    transfer.refresh_from_db()
    return transfer


def run(job, transfer: FileTransfer) -> None:
    """Run the job, with what it does after its commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        job(transfer_id=str(transfer.pk))


def confirm(client, page: str, transfer: FileTransfer, what: str = "confirm") -> FileTransfer:
    """Say yes to a file that was checked (to its good rows: `confirm_sound`), and let its job
    import it."""
    response = client.post(f"{page}import/{transfer.pk}/", {what: "1"})
    assert response.status_code == 302
    run(import_file, transfer)
    transfer.refresh_from_db()
    return transfer


def faults(transfer: FileTransfer) -> list[tuple[int, str, str]]:
    return [tuple(fault) for fault in transfer.faults]


def kept_files() -> list[str]:
    storage = storages["documents"]
    return storage.listdir("imports")[1] if storage.exists("imports") else []


def content_of(response) -> bytes:
    return b"".join(response) if response.streaming else response.content


def csv_rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def xlsx_cells(content: bytes) -> list[list]:
    return list(load_workbook(io.BytesIO(content)).active.iter_rows())
