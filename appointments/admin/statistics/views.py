"""The console's page of statistics: what the clinic, or a doctor's practice, did in a period."""

from datetime import date, timedelta

from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from appointments.admin.statistics.counting import Period, Statistics, compute
from appointments.admin.statistics.parts import Table, percent
from appointments.admin.statistics.tables import tables
from clinic.files.writing import BOM, csv_text

VIEW = "appointments.view_statistics"
MOST_DAYS = 366
YEARS = set(range(1900, 3000))
NAMED = {"week": "This week", "4weeks": "Last 4 weeks", "quarter": "This quarter"}
DEFAULT = "4weeks"


def named_period(name: str, today: date) -> Period:
    """`quarter` is the calendar's; the last 4 weeks end today."""
    monday = today - timedelta(days=today.weekday())
    if name == "week":
        return Period(monday, monday + timedelta(days=6))
    if name == "quarter":
        first = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        beyond = (first.replace(day=28) + timedelta(days=70)).replace(day=1)
        return Period(first, beyond - timedelta(days=1))
    return Period(today - timedelta(days=27), today)


class PeriodForm(forms.Form):
    """The period that an address asks for: one by its name, or from one day to another."""

    period = forms.ChoiceField(choices=list(NAMED.items()), required=False)
    first = forms.DateField(label="From", required=False, input_formats=["%Y-%m-%d"])
    last = forms.DateField(label="To", required=False, input_formats=["%Y-%m-%d"])

    def add_prefix(self, field_name):
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    def clean(self):
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if self.errors or (not first and not last):
            return self.cleaned_data
        if not first or not last:
            self.add_error("last" if first else "first", "Both days are needed.")
        elif not {first.year, last.year} <= YEARS:
            self.add_error("last", "Must be a day from 1900 to 2999.")
        elif first > last:
            self.add_error("last", "Must not be before the first day.")
        elif (last - first).days >= MOST_DAYS:
            self.add_error("last", f"Statistics are of {MOST_DAYS} days at most.")
        return self.cleaned_data

    @property
    def name(self) -> str:
        """Which of the named periods it is; empty where it is none of them."""
        if self.is_valid() and self.cleaned_data["first"]:
            return ""
        return (self.is_valid() and self.cleaned_data["period"]) or DEFAULT

    def asked_for(self) -> Period:
        if not self.name:
            return Period(self.cleaned_data["first"], self.cleaned_data["last"])
        return named_period(self.name, timezone.localdate())


def statistics_page(view):
    """A page of the console for those who may see statistics."""
    allowed = permission_required(VIEW, raise_exception=True)(view)
    return admin.site.admin_view(require_safe(allowed))


def show_statistics(request: HttpRequest) -> HttpResponse:
    form = PeriodForm(request.GET)
    period = form.asked_for()
    statistics = compute(period, request.user)
    context = admin.site.each_context(request) | {
        "title": "Statistics",
        "form": form,
        "period": period,
        "named": NAMED,
        "tiles": tiles(statistics),
        "tables": tables(statistics),
        "query": "" if form.errors else request.GET.urlencode(),
    }
    request.current_app = admin.site.name
    return render(request, "admin/appointments/statistics.html", context)


def tiles(statistics: Statistics) -> list[tuple[str, object, str]]:
    """The statistics of the whole period: name, value, unit."""
    total = statistics.total
    days = total.lead and round(total.lead.median / timedelta(days=1), 1)
    found = [
        ("Visits", total.visits, ""),
        ("Utilisation", percent(total.utilisation), "%"),
        ("No-shows", percent(total.no_shows), "%"),
        ("Cancelled", percent(total.cancellations), "%"),
        ("Lead time, median", days, "days"),
        ("New patients", sum(statistics.new_patients), ""),
    ]
    if statistics.mails is not None:
        found.append(("Mails failed", sum(week["failed"] for week in statistics.mails), ""))
    return found


def download_statistics(request: HttpRequest, key: str) -> HttpResponse:
    """One table of the page as a file."""
    form = PeriodForm(request.GET)
    if not form.is_valid():
        raise Http404
    period = form.asked_for()
    for table in tables(compute(period, request.user)):
        if table.key == key:
            name = f"{key}-{period.first}-{period.last}.csv"
            response = HttpResponse(as_csv(table), content_type="text/csv; charset=utf-8")
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
    raise Http404


def as_csv(table: Table) -> str:
    lines = [[column.name for column in table.columns], *table.rows]
    lines += [table.total] if table.total else []
    return BOM + csv_text([["" if cell is None else str(cell) for cell in line] for line in lines])


statistics_view, statistics_file = (
    statistics_page(show_statistics),
    statistics_page(download_statistics),
)
