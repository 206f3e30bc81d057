"""The console's menu on one page: what stands where, and for whom.

A new page is a line in `ENTRIES`. What waits there is said by a function of the app that owns it:

    @menu.counts("admin:approvals")
    def waiting(user) -> list[QuerySet]: ...
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse

Waiting = Callable[..., list[QuerySet]]


@dataclass(frozen=True)
class Entry:
    """A page of the console. Entries without a group stand in the menu's line itself.

    Who has the `permission` finds it there. Where name and permission are left out, the page is
    the list of a model, whose admin knows both.
    """

    page: str  # The name of its URL.
    group: str = ""
    name: str = ""
    permission: str = ""


# The order is the menu's: what the day's work needs first stands first.
ENTRIES = [
    Entry("admin:index", name="Today"),
    Entry("calendar", name="Calendar", permission="appointments.view_appointment"),
    Entry("admin:appointments_appointment_changelist"),
    Entry("admin:appointments_groupsession_changelist"),
    Entry("admin:appointments_waitlistentry_changelist"),
    Entry("admin:patients_patient_changelist", "Patients"),
    Entry("approvals", "Patients", "Approvals", "patients.verify_identitydocument"),
    Entry("emergency", "Patients", "Emergency access", "patients.add_emergencyaccess"),
    Entry("admin:patients_emergencyaccess_changelist", "Patients"),
    Entry("admin:patients_possibleduplicate_changelist", "Patients"),
    Entry("admin:patients_mergerecord_changelist", "Patients"),
    Entry("admin:patients_erasure_changelist", "Patients"),
    Entry("admin:doctors_doctor_changelist", "Doctors"),
    Entry("admin:doctors_workinghours_changelist", "Doctors"),
    Entry("admin:doctors_closure_changelist", "Doctors"),
    Entry("admin:appointments_calendarfeed_changelist", "Doctors"),
    Entry("offer", "Clinic", "What we offer", "doctors.change_healthcareservice"),
    Entry("admin:doctors_healthcareservice_changelist", "Clinic"),
    Entry("admin:doctors_resource_changelist", "Clinic"),
    Entry("admin:doctors_location_changelist", "Clinic"),
    Entry("statistics", name="Statistics", permission="appointments.view_statistics"),
    Entry("operation", "Operation", "System", "procrastinate.view_procrastinatejob"),
    Entry("admin:procrastinate_procrastinatejob_changelist", "Operation"),
    Entry("admin:clinic_notification_changelist", "Operation"),
    Entry("admin:clinic_filetransfer_changelist", "Operation"),
    Entry("admin:accounts_user_changelist", "Operation"),
    Entry("admin:accounts_signin_changelist", "Operation"),
    Entry("admin:axes_accessattempt_changelist", "Operation"),
    Entry("admin:pghistory_events_changelist", "Operation"),
    Entry("admin:accounts_accesslog_changelist", "Operation"),
]
OTHERS = "More"  # The group of models that an admin registers and no entry names.

_waiting: dict[str, Waiting] = {}


def counts(page: str) -> Callable[[Waiting], Waiting]:
    """Let a function of the user say what waits on the page: query sets that indexes answer. Those
    of all pages are counted together, by one statement for every page of the console."""

    def register(waiting: Waiting) -> Waiting:
        _waiting[page] = waiting
        return waiting

    return register


def counted(user: Any, pages: Iterable[str]) -> Counter[str]:
    """How much waits for the user on each of these pages, by the page's name."""
    pages = [page for page in pages if page in _waiting]
    parts = [
        rows.order_by()
        .values(place=Value(place, output_field=IntegerField()))
        .annotate(number=Count("pk"))
        .values_list("place", "number")
        for place, page in enumerate(pages)
        for rows in _waiting[page](user)
    ]
    found: Counter[str] = Counter()
    if parts:
        first, *others = parts
        for place, number in first.union(*others, all=True) if others else first:
            found[pages[place]] += number
    return found


@dataclass
class Item:
    """An entry as one user sees it. `current` is what `aria-current` takes."""

    name: str
    url: str
    count: int = 0
    current: str = ""


@dataclass
class Group:
    """Items under one name, or without a name those that stand in the line itself."""

    name: str
    items: list[Item] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(item.count for item in self.items)

    @property
    def is_current(self) -> bool:
        return any(item.current for item in self.items)


def build(request: HttpRequest, apps: Iterable[dict]) -> list[Group]:
    """The menu for the user of the request. `apps` are the models that the user may open, as
    `AdminSite.get_app_list()` tells."""
    models = {
        model["admin_url"]: model["name"]
        for app in apps
        for model in app["models"]
        if model["admin_url"]
    }
    placed: list[tuple[str, Item]] = []
    by_page: dict[str, Item] = {}
    for entry in ENTRIES:
        url = reverse(entry.page)
        name = models.pop(url, "")
        if entry.name and (not entry.permission or request.user.has_perm(entry.permission)):
            name = entry.name
        if name:
            by_page[entry.page] = Item(name, url)
            placed.append((entry.group, by_page[entry.page]))
    for page, number in counted(request.user, by_page).items():
        by_page[page].count = number
    placed += [(OTHERS, Item(name, url)) for url, name in models.items()]
    mark_current([item for _, item in placed], request.path)
    return grouped_pages(placed)


def mark_current(items: list[Item], path: str) -> None:
    """Mark the page that is open, or else the one that it belongs to: of those whose address it
    begins with, the one with the longest. The first page is above all others, not theirs."""
    first = reverse("admin:index")
    above = [
        item
        for item in items
        if item.url == path or (item.url != first and path.startswith(item.url))
    ]
    if above:
        item = max(above, key=lambda one: len(one.url))
        item.current = "page" if item.url == path else "true"


def grouped_pages(placed: Iterable[tuple[str, Item]]) -> list[Group]:
    """One group for each name, where it comes first. A group of a single page is that page."""
    groups: dict[str, Group] = {}
    for place, (name, item) in enumerate(placed):
        key = name or f"{place}"
        groups.setdefault(key, Group(name)).items.append(item)
    for group in groups.values():
        if len(group.items) == 1:
            group.name = ""
    return list(groups.values())
