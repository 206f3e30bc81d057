"""What the console's pages of files have in common."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from clinic.console.parts import ServiceAdmin
from clinic.files.resource import FileResource
from clinic.models import FileTransfer

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv; charset=utf-8"
ROUTES = (
    "import",
    "import_example",
    "transfer",
    "transfer_columns",
    "transfer_faults",
    "transfer_rest",
)
State = FileTransfer.State


class FilePages(ServiceAdmin):
    """An admin whose records come in files or go out in them, for whom the role allows it."""

    file_resource: type[FileResource]

    def file_views(self) -> dict[str, tuple[Any, str]]:
        """Views and the names of their routes, by path."""
        return {}

    def get_urls(self):
        routes = [
            path(route, self.admin_site.admin_view(view), name=self.route_name(name))
            for route, (view, name) in self.file_views().items()
        ]
        return [*routes, *super().get_urls()]

    def route_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def resource_for(self, request: HttpRequest, verb: str) -> FileResource:
        resource = self.file_resource(request.user)
        if not resource.may(verb):
            raise PermissionDenied
        return resource

    def files_page(self, request: HttpRequest, name: str, title: str, **context) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "menu_name": self.menu_name,
            "routes": {name: f"admin:{self.route_name(name)}" for name in ROUTES},
        }
        return TemplateResponse(request, f"admin/files/{name}.html", context)

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


def attachment(answer, name: str):
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
