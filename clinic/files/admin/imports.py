"""The console's pages of files that come in: sent, matched, checked, answered and imported."""

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect

from clinic.console.parts import sentence
from clinic.errors import StepUpNeeded
from clinic.files import tasks, transfers, writing
from clinic.files.admin.parts import CSV_TYPE, XLSX_TYPE, FilePages, attachment
from clinic.files.dates import read_day
from clinic.files.forms import XLSX, AnswerForm, ImportForm, MatchForm
from clinic.files.matching import (
    WHY,
    columns_of,
    guessed_columns,
)
from clinic.files.preview import Preview
from clinic.files.rest import rest_of
from clinic.models import FileTransfer

FAULTS_A_PAGE = 100
State = FileTransfer.State


class ImportPages(FilePages):
    """Import with its dry run."""

    def file_views(self):
        return super().file_views() | {
            "import/": (self.import_view, "import"),
            "import/example.csv": (self.example_view, "import_example"),
            "import/<uuid:transfer_id>/": (self.transfer_view, "transfer"),
            "import/<uuid:transfer_id>/columns/": (self.columns_view, "transfer_columns"),
            "import/<uuid:transfer_id>/faults.csv": (self.faults_view, "transfer_faults"),
            "import/<uuid:transfer_id>/rest/<slug:kind>/": (self.rest_view, "transfer_rest"),
        }

    def import_view(self, request: HttpRequest) -> HttpResponse:
        resource = self.resource_for(request, "import")
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            transfer = self.transfer(request, "import", file.name)
            transfers.keep_file(transfer, file, form.headings, tasks.check_file)
            is_open = transfer.state == State.MATCHING
            return self.to_page(transfer, "transfer_columns" if is_open else "transfer")
        recent = FileTransfer.objects.imports_of(request.user, resource.kind).defer("faults")
        return self.files_page(
            request,
            "import",
            f"Import {resource.kind}",
            form=form,
            headings=resource.headings(resource.read_columns()),
            key=resource.headings([resource.key])[0],
            no_mails=resource.no_mails,
            max_rows=settings.IMPORT_MAX_ROWS,
            max_bytes=settings.IMPORT_MAX_BYTES,
            command=f"manage.py import_{resource.kind}",
            recent=recent[:5],
        )

    def to_page(self, transfer: FileTransfer, name: str = "transfer") -> HttpResponse:
        return redirect(f"admin:{self.route_name(name)}", transfer.pk)

    def own_transfer(self, request: HttpRequest, transfer_id) -> FileTransfer:
        resource = self.resource_for(request, "import")
        own = FileTransfer.objects.imports_of(request.user, resource.kind)
        transfer = own.filter(pk=transfer_id).first()
        if transfer is None:
            raise Http404
        return transfer

    def columns_view(self, request: HttpRequest, transfer_id) -> HttpResponse:
        """What each column stands for, with the first of its values."""
        transfer = self.own_transfer(request, transfer_id)
        if not transfer.is_waiting:
            return self.to_page(transfer)
        resource = self.file_resource(request.user)
        with transfers.kept_table(transfer) as table:
            columns, form = columns_of(table), table.form
        chosen = transfer.columns or guessed_columns(
            resource, [column.heading for column in columns]
        )
        matching = MatchForm(
            request.POST or None, resource=resource, columns=columns, chosen=chosen
        )
        if request.method == "POST" and matching.is_valid():
            return self.done(
                request, transfer, transfers.match_columns, matching.matched, tasks.check_file
            )
        return self.files_page(
            request,
            "columns",
            "What the columns stand for",
            transfer=transfer,
            form=matching,
            file_form=form,
            kind=resource.kind,
            two_digits=two_digits(),
        )

    def transfer_view(self, request: HttpRequest, transfer_id) -> HttpResponse:
        """How far the file is, what is wrong with it, and the button that imports it."""
        transfer = self.own_transfer(request, transfer_id)
        if request.method == "POST":
            return self.go_on(request, transfer)
        if transfer.is_waiting and transfer.state == State.MATCHING:
            return self.to_page(transfer, "transfer_columns")
        faults = Paginator(transfer.faults, FAULTS_A_PAGE).get_page(request.GET.get("page"))
        preview = self.preview(request, transfer)
        groups = preview.faults if preview else []
        return self.files_page(
            request,
            "transfer",
            transfer.file_name,
            transfer=transfer,
            page=faults,
            preview=preview,
            groups=groups,
            questions=AnswerForm(groups=groups),
            sound=transfer.new + transfer.changed + transfer.unchanged,
            columns=self.columns_read(request, transfer),
            two_digits=two_digits(),
            no_mails=self.file_resource.no_mails,
            kind=self.file_resource.kind,
        )

    def columns_read(self, request: HttpRequest, transfer: FileTransfer) -> list[tuple[str, str]]:
        """The headings of the file, each with the field that it was taken for."""
        known = self.file_resource.columns
        return [
            (heading, known[name].heading if name in known else "")
            for heading, name in zip(transfer.headings, transfer.columns, strict=False)
        ]

    def preview(self, request: HttpRequest, transfer: FileTransfer) -> Preview | None:
        """What the file would do, as far as it is about records that the user may see now. That
        they are shown is noted as in a list."""
        preview = transfers.preview_of(transfer)
        if preview is None:
            return None
        seen = self.file_resource(request.user).find(preview.keys)
        self.note_shown(request, list(seen.values()), is_list=True)
        return preview.without(lambda row: bool(row.key) and row.key not in seen)

    def go_on(self, request: HttpRequest, transfer: FileTransfer) -> HttpResponse:
        if "drop" in request.POST:
            if not transfers.drop(transfer):
                self.message_user(request, "It is too late to give this up.", messages.WARNING)
                return self.to_page(transfer)
            self.message_user(request, "The file was given up and deleted.", messages.SUCCESS)
            return redirect(f"admin:{self.route_name('import')}")
        if "answer" in request.POST:
            preview = transfers.preview_of(transfer)
            form = AnswerForm(request.POST, groups=preview.faults if preview else [])
            if not form.is_valid() or not form.answers:
                self.message_user(request, "Choose an answer first.", messages.WARNING)
                return self.to_page(transfer)
            return self.done(
                request, transfer, transfers.answer_questions, form.answers, tasks.check_file
            )
        if not request.user.is_proven:  # A file can put anything in the place of anything.
            raise StepUpNeeded
        is_partial = "confirm_sound" in request.POST
        return self.done(
            request, transfer, transfers.confirm_transfer, tasks.import_file, is_partial
        )

    def done(
        self, request: HttpRequest, transfer: FileTransfer, step: Callable[..., None], *args: Any
    ) -> HttpResponse:
        """Take a step with the file, and show what becomes of it."""
        try:
            step(transfer, *args)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
        return self.to_page(transfer)

    def faults_view(self, request: HttpRequest, transfer_id) -> HttpResponse:
        transfer = self.own_transfer(request, transfer_id)
        rows = ([str(row), column, told] for row, column, told in transfer.faults)
        lines = writing.csv_stream(["Row", "Column", WHY], [list(rows)])
        return attachment(HttpResponse(b"".join(lines), content_type=CSV_TYPE), "faults.csv")

    def rest_view(self, request: HttpRequest, transfer_id, kind: str) -> HttpResponse:
        """The rows that have a fault, as they came, with what is wrong: to be put right and sent
        again."""
        transfer = self.own_transfer(request, transfer_id)
        if not transfer.stored_as or transfer.is_at_work or kind not in ("csv", XLSX):
            raise Http404
        name = f"{self.file_resource.kind}-to-correct.{kind}"
        headings, delimiter, rows = rest_of(transfer)
        if kind == XLSX:
            answer: Any = FileResponse(writing.workbook(headings, rows), content_type=XLSX_TYPE)
        else:
            lines: Iterator[bytes] = writing.csv_stream(headings, rows, delimiter)
            answer = StreamingHttpResponse(lines, content_type=CSV_TYPE)
        return attachment(answer, name)

    def example_view(self, request: HttpRequest) -> HttpResponse:
        resource = self.resource_for(request, "import")
        names = resource.read_columns()
        rows = [[row.get(name, "") for name in names] for row in resource.example]
        lines = writing.csv_stream(resource.headings(names), [rows])
        answer = HttpResponse(b"".join(lines), content_type=CSV_TYPE)
        return attachment(answer, f"{resource.kind}-example.csv")


def two_digits() -> str:
    """How years of two digits are read, by examples of today."""
    older, younger = (read_day(f"01.01.{year}").year for year in ("85", "05"))
    return f"85 is {older}, 05 is {younger}"
