"""The console's pages of files that go out: what the list shows, or what a page asks for."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from clinic.errors import StepUpNeeded
from clinic.files import exporting, writing
from clinic.files.admin.parts import CSV_TYPE, XLSX_TYPE, FilePages, attachment
from clinic.files.forms import XLSX, ExportForm
from clinic.files.resource import FileResource


class ExportPages(FilePages):
    """Export as CSV and XLSX."""

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
        form = ExportForm(request.POST or None, rows=records.count(), extracts=resource.extracts)
        if request.method == "POST" and form.is_valid():
            return self.hand_out(request, resource, records, form.cleaned_data)
        secrets = resource.headings(list(resource.sensitive))
        return self.files_page(
            request,
            "export",
            f"Export {resource.kind}",
            form=form,
            rows=form.rows,
            extracts=resource.extracts,
            is_narrowed=bool(set(request.GET) - {"o", "p"}),
            secrets=" and ".join(heading.lower() for heading in secrets),
            max_rows=settings.EXPORT_XLSX_MAX_ROWS,
        )

    def hand_out(
        self, request: HttpRequest, resource: FileResource, records: Any, chosen: dict[str, Any]
    ) -> HttpResponse:
        if not request.user.is_proven:
            raise StepUpNeeded
        name = f"{resource.kind}-{chosen.get('period') or timezone.localdate()}.{chosen['format']}"
        transfer = self.transfer(request, "export", name)
        transfer.with_sensitive = bool(resource.sensitive) and chosen.get("with_sensitive", False)
        names = resource.extract(chosen.get("extract", ""), transfer.with_sensitive)
        transfer.with_sensitive = any(name in resource.sensitive for name in names)
        transfer.save(force_insert=True)
        note = partial(self.note_handed_out, request)
        cells = exporting.cells_of(transfer, resource, records, names, note)
        headings = resource.headings(names)
        answer: Any
        if chosen["format"] == XLSX:
            answer = FileResponse(writing.workbook(headings, cells), content_type=XLSX_TYPE)
        else:
            lines = writing.csv_stream(headings, cells)
            answer = StreamingHttpResponse(lines, content_type=CSV_TYPE)
        return attachment(answer, name)
