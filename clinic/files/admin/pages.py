"""The console's pages of files: import with its dry run, and export of what the list shows."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone

from clinic.console.parts import ServiceAdmin, sentence
from clinic.files import exporting, tasks, transfers, writing
from clinic.files.forms import XLSX, ExportForm, ImportForm
from clinic.files.preview import Preview
from clinic.files.resource import FileResource
from clinic.models import FileTransfer

FAULTS_A_PAGE = 100
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
State = FileTransfer.State


class FilesAdmin(ServiceAdmin):
    """An admin whose records come in files and go out in them, for whom the role allows it."""

    file_resource: type[FileResource]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        transfers.register_resource(self.file_resource)

    def note_handed_out(self, request: HttpRequest, records: list) -> None:
        """Called before each batch of records is put into a file, for those whose readers are
        noted."""

    def get_urls(self):
        views: dict[str, tuple[Any, str]] = {
            "import/": (self.import_view, "import"),
            "import/example.csv": (self.example_view, "import_example"),
            "import/<uuid:transfer_id>/": (self.transfer_view, "transfer"),
            "import/<uuid:transfer_id>/faults.csv": (self.faults_view, "transfer_faults"),
            "export/": (self.export_view, "export"),
        }
        routes = [
            path(route, self.admin_site.admin_view(view), name=self.route_name(name))
            for route, (view, name) in views.items()
        ]
        return [*routes, *super().get_urls()]

    def route_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def resource_for(self, request: HttpRequest, verb: str) -> FileResource:
        resource = self.file_resource(request.user)
        if not resource.may(verb):
            raise PermissionDenied
        return resource

    def changelist_view(self, request, extra_context=None):
        resource = self.file_resource(request.user)
        may = {f"may_{verb}": resource.may(verb) for verb in ("import", "export")}
        urls = {name: f"admin:{self.route_name(name)}" for name in ("import", "export")}
        context = may | {"file_urls": urls} | (extra_context or {})
        return super().changelist_view(request, context)

    def files_page(self, request: HttpRequest, name: str, title: str, **context) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "menu_name": self.menu_name,
            "routes": {
                name: f"admin:{self.route_name(name)}"
                for name in ("import", "import_example", "transfer", "transfer_faults")
            },
        }
        return TemplateResponse(request, f"admin/files/{name}.html", context)

    # Files in

    def import_view(self, request: HttpRequest) -> HttpResponse:
        resource = self.resource_for(request, "import")
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            transfer = self.transfer(request, "import", file.name)
            transfers.keep_file(transfer, file, tasks.check_file)
            return redirect(f"admin:{self.route_name('transfer')}", transfer.pk)
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

    def transfer(self, request: HttpRequest, direction: str, file_name: str) -> FileTransfer:
        printable = "".join(character for character in file_name if character.isprintable())
        return FileTransfer(
            user=request.user,
            direction=direction,
            kind=self.file_resource.kind,
            file_name=printable[-200:],
            state=State.CHECKING if direction == "import" else State.WRITING,
            door="admin",
            request_id=request.id,
        )

    def own_transfer(self, request: HttpRequest, transfer_id) -> FileTransfer:
        resource = self.resource_for(request, "import")
        own = FileTransfer.objects.imports_of(request.user, resource.kind)
        transfer = own.filter(pk=transfer_id).first()
        if transfer is None:
            raise Http404
        return transfer

    def transfer_view(self, request: HttpRequest, transfer_id) -> HttpResponse:
        """How far the file is, what is wrong with it, and the button that imports it."""
        transfer = self.own_transfer(request, transfer_id)
        if request.method == "POST":
            return self.go_on(request, transfer)
        faults = Paginator(transfer.faults, FAULTS_A_PAGE).get_page(request.GET.get("page"))
        return self.files_page(
            request,
            "transfer",
            transfer.file_name,
            transfer=transfer,
            page=faults,
            preview=self.preview(request, transfer),
            no_mails=self.file_resource.no_mails,
            kind=self.file_resource.kind,
        )

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
        here = redirect(f"admin:{self.route_name('transfer')}", transfer.pk)
        if "drop" in request.POST:
            if not transfers.drop(transfer):
                self.message_user(request, "It is too late to give this up.", messages.WARNING)
                return here
            self.message_user(request, "The file was given up and deleted.", messages.SUCCESS)
            return redirect(f"admin:{self.route_name('import')}")
        try:
            transfers.confirm_transfer(transfer, tasks.import_file)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
        return here

    def faults_view(self, request: HttpRequest, transfer_id) -> HttpResponse:
        transfer = self.own_transfer(request, transfer_id)
        rows = ([str(row), column, told] for row, column, told in transfer.faults)
        lines = writing.csv_stream(["Row", "Column", "What is wrong"], [list(rows)])
        return attachment(HttpResponse(b"".join(lines), content_type="text/csv"), "faults.csv")

    def example_view(self, request: HttpRequest) -> HttpResponse:
        resource = self.resource_for(request, "import")
        names = resource.read_columns()
        rows = [[row.get(name, "") for name in names] for row in resource.example]
        lines = writing.csv_stream(resource.headings(names), [rows])
        answer = HttpResponse(b"".join(lines), content_type="text/csv")
        return attachment(answer, f"{resource.kind}-example.csv")

    # Files out

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """A file of what the list shows: its search, its filters and its order."""
        resource = self.resource_for(request, "export")
        back = redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            records = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return back
        form = ExportForm(request.POST or None, rows=records.count())
        if request.method == "POST" and form.is_valid():
            return self.hand_out(request, resource, records, form.cleaned_data)
        secrets = resource.headings(list(resource.sensitive))
        return self.files_page(
            request,
            "export",
            f"Export {resource.kind}",
            form=form,
            rows=form.rows,
            is_narrowed=bool(set(request.GET) - {"o", "p"}),
            secrets=" and ".join(heading.lower() for heading in secrets),
            max_rows=settings.EXPORT_XLSX_MAX_ROWS,
        )

    def hand_out(self, request: HttpRequest, resource: FileResource, records, chosen):
        is_workbook = chosen["format"] == XLSX
        name = f"{resource.kind}-{timezone.localdate()}.{chosen['format']}"
        transfer = self.transfer(request, "export", name)
        transfer.with_sensitive = bool(resource.sensitive) and chosen["with_sensitive"]
        transfer.save(force_insert=True)
        headings = resource.headings(resource.names(transfer.with_sensitive))
        note = partial(self.note_handed_out, request)
        cells = exporting.cells_of(transfer, resource, records, note)
        answer: FileResponse | StreamingHttpResponse
        if is_workbook:
            answer = FileResponse(writing.workbook(headings, cells), content_type=XLSX_TYPE)
        else:
            lines = writing.csv_stream(headings, cells)
            answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        return attachment(answer, name)


def attachment(answer, name: str):
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
