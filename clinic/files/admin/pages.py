"""The console's pages of files: import with its dry run, and export of what the list shows."""

from clinic.files import transfers
from clinic.files.admin.exports import ExportPages
from clinic.files.admin.imports import ImportPages


class FilesAdmin(ImportPages, ExportPages):
    """An admin whose records come in files and go out in them, for whom the role allows it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        transfers.register_resource(self.file_resource)
