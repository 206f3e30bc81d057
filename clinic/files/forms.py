from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat

from clinic.files.faults import Group
from clinic.files.matching import LEFT_OUT, UNKNOWN, FileColumn, column_name, faults_of_columns
from clinic.files.reading import Refused, open_table
from clinic.files.resource import FileResource

CSV, XLSX = "csv", "xlsx"
EARLIEST_YEAR, LATEST_YEAR = 1900, 2999


class ImportForm(forms.Form):
    """The file, and in `headings` those of its columns."""

    headings: list[str]

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
            with open_table(file.file) as table:
                self.headings = table.headings
        except Refused as error:
            raise ValidationError(str(error)) from error
        file.seek(0)
        return file


class MatchForm(forms.Form):
    """For each column of a file, the field that it stands for."""

    def __init__(
        self,
        *args,
        resource: FileResource,
        columns: Sequence[FileColumn],
        chosen: Sequence[str],
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self.resource, self.columns = resource, columns
        names = resource.read_columns()
        own = zip(names, resource.headings(names), strict=True)
        choices = [(UNKNOWN, "Choose …"), (LEFT_OUT, "Leave this column out"), *own]
        for column, name in zip(columns, chosen, strict=True):
            title = column_name(column.number, column.heading)
            self.fields[f"column_{column.number}"] = forms.ChoiceField(
                choices=choices,
                initial=name,
                label=f"What the column {title} stands for",
                error_messages={"required": "Choose what it stands for, or leave it out."},
            )

    def rows(self) -> Iterator[tuple[FileColumn, Any]]:
        return ((column, self[f"column_{column.number}"]) for column in self.columns)

    def clean(self):
        if not self.errors:
            for sentence in faults_of_columns(self.resource, self.matched):
                self.add_error(None, sentence)

    @property
    def matched(self) -> list[str]:
        return [self.cleaned_data[f"column_{column.number}"] for column in self.columns]


class AnswerForm(forms.Form):
    """What was meant by whole columns: one answer for each, or none."""

    def __init__(self, *args, groups: Sequence[Group], **kwargs):
        super().__init__(*args, **kwargs)
        for group in groups:
            if group.answers:
                self.fields[group.name] = forms.ChoiceField(
                    choices=[*group.answers.items(), ("", "They are faults")],
                    widget=forms.RadioSelect,
                    required=False,
                    label=group.column,
                )

    @property
    def answers(self) -> dict[str, str]:
        return {name: answer for name, answer in self.cleaned_data.items() if answer}


class ExportForm(forms.Form):
    """In which format, and where there are extracts, of which columns."""

    format = forms.ChoiceField(
        choices=[(XLSX, "Excel workbook (XLSX)"), (CSV, "CSV, for every other program")],
        widget=forms.RadioSelect,
        initial=XLSX,
    )
    extract = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    with_sensitive = forms.BooleanField(required=False)

    def __init__(self, *args, rows: int, extracts: Collection[str] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = rows
        self.fields["extract"].choices = [("", "All columns"), *((one, one) for one in extracts)]

    def clean_format(self):
        return checked_format(self.cleaned_data["format"], self.rows)


class PeriodForm(forms.Form):
    """From one day of the clinic to another, both included, and in which format."""

    first = forms.DateField(label="From", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    last = forms.DateField(label="To", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    format = forms.ChoiceField(
        choices=ExportForm.base_fields["format"].choices, widget=forms.RadioSelect, initial=XLSX
    )

    def clean(self):
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and first > last:
            self.add_error("last", "Must not be before the first day.")
        for name, day in (("first", first), ("last", last)):
            if day and not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
                self.add_error(name, f"Must be a day from {EARLIEST_YEAR} to {LATEST_YEAR}.")


def checked_format(chosen: str, rows: int) -> str:
    """The format. Raises ValidationError for a workbook that would hold too much."""
    limit = settings.EXPORT_XLSX_MAX_ROWS
    if chosen == XLSX and rows > limit:
        raise ValidationError(f"A workbook takes {limit:,} records at most. Choose CSV.")
    return chosen
