"""The console's pages of files: import with its dry run, and export of what the list shows."""

from functools import partial

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from clinic.files import exporting, transfers, writing
from clinic.files.admin.imports import ImportPages
from clinic.files.admin.parts import CSV_TYPE, XLSX_TYPE, attachment
from clinic.files.forms import XLSX, ExportForm
from clinic.files.resource import FileResource


class FilesAdmin(ImportPages):
    """An admin whose records come in files and go out in them, for whom the role allows it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        transfers.register_resource(self.file_resource)

    def note_handed_out(self, request: HttpRequest, records: list) -> None:
        """Called before each batch of records is put into a file, for those whose readers are
        noted."""

    def file_views(self):
        return super().file_views() | {"export/": (self.export_view, "export")}

    def changelist_view(self, request, extra_context=None):
        resource = self.file_resource(request.user)
        may = {f"may_{verb}": resource.may(verb) for verb in ("import", "export")}
        urls = {name: f"admin:{self.route_name(name)}" for name in ("import", "export")}
        context = may | {"file_urls": urls} | (extra_context or {})
        return super().changelist_view(request, context)

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
            answer = StreamingHttpResponse(lines, content_type=CSV_TYPE)
        return attachment(answer, name)
