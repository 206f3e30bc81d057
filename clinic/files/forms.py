from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat

from clinic.files.reading import Refused, open_table

CSV, XLSX = "csv", "xlsx"


class ImportForm(forms.Form):
    file = forms.FileField(
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            limit = filesizeformat(settings.IMPORT_MAX_BYTES)
            raise ValidationError(f"This file is too large: {limit} is the most.")
        try:
            with open_table(file.file):
                pass
        except Refused as error:
            raise ValidationError(str(error)) from error
        file.seek(0)
        return file


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        choices=[(XLSX, "Excel workbook (XLSX)"), (CSV, "CSV, for every other program")],
        widget=forms.RadioSelect,
        initial=XLSX,
    )
    with_sensitive = forms.BooleanField(required=False)

    def __init__(self, *args, rows: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = rows

    def clean_format(self):
        chosen = self.cleaned_data["format"]
        limit = settings.EXPORT_XLSX_MAX_ROWS
        if chosen == XLSX and self.rows > limit:
            raise ValidationError(f"A workbook takes {limit:,} records at most. Choose CSV.")
        return chosen
