"""The console's first page: the day, a column for each doctor, that keeps itself current."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, wraps
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.messages import constants, get_messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.admin.board.columns import Block, Card, Column, Frame, columns_of, in_words
from appointments.admin.board.pulse import Tag, pulse
from appointments.admin.day_filter import Days
from appointments.admin.step_pages import step_url
from appointments.admin.steps import open_steps, step_back
from appointments.forms.visits import CancelForm
from appointments.models import Appointment, AppointmentChange, AppointmentQuerySet
from appointments.scheduling import availability
from appointments.transitions import Status
from clinic.days import day_at
from doctors.models import Doctor

# A key for each step, as it is listed on the page.
KEYS = {"check_in": "a", "start": "s", "fulfill": "f", "no_show": "x", "cancel": "c"}
NEXT = ("check_in", "start", "fulfill")  # The way that a visit usually goes.


def board_page(view: Callable) -> Callable:
    """A page of the console for those who may see visits."""

    @wraps(view)
    def inside(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_perm("appointments.view_appointment"):
            raise PermissionDenied
        request.current_app = admin.site.name
        return view(request, *args, **kwargs)

    return admin.site.admin_view(inside)


@dataclass(frozen=True)
class Asked:
    """Which day and whose: what the address says. Without `chosen`, every doctor's."""

    user: Any
    day: date
    chosen: tuple[UUID, ...] = ()

    @classmethod
    def by(cls, request: HttpRequest) -> "Asked":
        """Raises ValueError where the address makes no sense."""
        days = Days.asked_for({"day": request.GET.get("day", "")})
        if days is None or not days.is_one:
            raise ValueError("The board is of one day.")
        chosen = dict.fromkeys(UUID(key) for key in request.GET.getlist("doctor") if key)
        return cls(request.user, days.first, tuple(chosen))

    @property
    def sees_all(self) -> bool:
        return self.user.has_perm("appointments.view_all_appointment")

    def visits(self) -> AppointmentQuerySet:
        visits = Appointment.objects.visible_to(self.user).on_day(self.day)
        visits = visits.exclude(status=Status.ENTERED_IN_ERROR)
        return visits.filter(doctor__in=self.chosen) if self.chosen else visits

    def doctors(self) -> QuerySet[Doctor]:
        """Whose columns there may be; a doctor's own alone."""
        if not self.sees_all:
            return Doctor.objects.filter(user=self.user)
        visited = Appointment.objects.on_day(self.day).values("doctor")
        doctors = Doctor.objects.visible_to(self.user)
        return doctors.filter(Q(is_active=True) | Q(pk__in=visited) | Q(pk__in=self.chosen))

    def tag(self) -> Tag:
        state = pulse(self.day, self.doctors(), self.visits())
        return Tag.of(self.user.pk, self.user.role, self.day, self.chosen, state)

    def address(self, day: date | None = None, **more: object) -> str:
        """The query that leads here, or to the same of another day."""
        asked: dict[str, object] = {"day": (day or self.day).isoformat()}
        asked |= {"doctor": self.chosen} if self.chosen else {}
        return f"?{urlencode(asked | more, doseq=True)}"


class Board:
    """The board of a day, as it is shown to this user."""

    def __init__(self, asked: Asked):
        self.asked = asked
        self.tag = asked.tag()  # Before all else: what changes meanwhile is seen the next time.
        self.now = timezone.now()
        self.days = Days(asked.day, asked.day)
        self.doctors = list(asked.doctors())
        self.chosen = [one for one in self.doctors if one.pk in asked.chosen]
        self.visits = list(visits_with_since(asked.visits()))
        calendars = availability.load_calendars(
            asked.doctors().filter(pk__in=[one.pk for one in self.columns_wanted]),
            asked.day,
            asked.day,
        )
        self.frame: Frame
        self.frame, columns = columns_of(
            asked.day, self.columns_wanted, calendars, self.visits, self.now
        )
        keep_idle = bool(self.chosen) or not asked.sees_all
        self.columns = [one for one in columns if keep_idle or not one.is_idle]
        self.idle = [one.doctor for one in columns if one not in self.columns]

    @property
    def columns_wanted(self) -> list[Doctor]:
        return self.chosen or self.doctors

    @property
    def only(self) -> Doctor | None:
        """Whose board it is, where it is one doctor's."""
        return self.chosen[0] if len(self.chosen) == 1 else None

    @property
    def whose(self) -> str:
        """Whose columns are shown, in words."""
        if not self.chosen:
            return "All doctors"
        return str(self.only) if self.only else f"{len(self.chosen)} doctors"

    @property
    def is_today(self) -> bool:
        return self.asked.day == day_at(self.now)

    @property
    def hours(self):
        return self.frame.hours()

    @property
    def now_row(self) -> int | None:
        return self.frame.row(self.now) if self.frame.holds(self.now) else None

    @cached_property
    def cards(self) -> list[Card]:
        return [card for column in self.columns for card in column.cards]

    @property
    def counts(self) -> list[tuple[Status, int]]:
        counts = Counter(visit.status for visit in self.visits)
        return [(status, counts[status]) for status in Status if counts[status]]

    @property
    def late(self) -> int:
        return sum(card.late is not None for card in self.cards)

    @property
    def longest_wait(self) -> str:
        waits = (card.since for card in self.cards if card.visit.status == Status.CHECKED_IN)
        longest = max((wait for wait in waits if wait is not None), default=None)
        return "" if longest is None else in_words(longest)

    def note_shown(self, request: HttpRequest, before: Tag | None = None) -> None:
        """Write down who sees whom; not again for what `before` was the tag of."""
        patients = [visit.patient_id for visit in self.visits]
        sign_in = getattr(getattr(request, "sign_in", None), "pk", None)
        self.tag = self.tag.showing(sign_in, patients)
        if before is None or not self.tag.shows_as(before):
            note_read(request, AccessLog.Action.LIST, patients)


def visits_with_since(visits: AppointmentQuerySet) -> QuerySet[Appointment]:
    """With the patient, and since when each is where it is."""
    changes = AppointmentChange.objects.filter(
        appointment=OuterRef("pk"), to_status=OuterRef("status")
    ).exclude(from_status=OuterRef("status"))
    since = Subquery(changes.order_by("-at").values("at")[:1])
    shown = visits.with_patients().with_notes()
    return shown.annotate(since=since).order_by("starts_at", "pk")


@board_page
def board(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    try:
        shown = Board(Asked.by(request))
    except ValueError:
        messages.error(request, "There is no such day or doctor. This is today.")
        return HttpResponseRedirect(reverse("admin:index"))
    shown.note_shown(request)
    context = (
        admin.site.each_context(request)
        | context_of(request, shown)
        | board_context(request, shown)
    )
    context |= {"title": str(shown.days), "cancel_form": CancelForm(auto_id="cancel_%s")}
    return TemplateResponse(request, "admin/appointments/board/board.html", context)


@board_page
def live(request: HttpRequest) -> HttpResponse:
    """What changes of the page. Asked with the tag of what is shown already, it answers 304 as
    long as nothing has changed; asked after a step, it says what came of that."""
    try:
        asked = Asked.by(request)
    except ValueError:
        return HttpResponse(status=404)
    header = request.headers.get("If-None-Match")
    before = Tag.read(header) if header else None
    if before is not None and before.is_as(asked.tag()):
        response: HttpResponse = HttpResponseNotModified()
        response["ETag"] = str(before)
        return response
    shown = Board(asked)
    shown.note_shown(request, before)
    context = context_of(request, shown)
    context |= board_context(request, shown) if before is None else {}
    response = render(request, "admin/appointments/board/_live.html", context)
    response["ETag"] = str(shown.tag)
    return response


def context_of(request: HttpRequest, board: Board) -> dict[str, Any]:
    asked, one_day = board.asked, timedelta(days=1)
    return {
        "board": board,
        "asked": asked,
        "here": asked.address(),
        "before": asked.address(board.days.first - one_day),
        "after": asked.address(board.days.first + one_day),
        "columns": [dressed(request, board, column) for column in board.columns],
        "may_book": request.user.has_perm("appointments.add_appointment"),
    }


def board_context(request: HttpRequest, board: Board) -> dict[str, Any]:
    """What came of the step that led here, and what takes it back."""
    notes = list(get_messages(request))
    done = request.GET.get("done", "")
    visit = next((one for one in board.visits if str(one.pk) == done), None)
    back = None
    if visit and any(note.level == constants.SUCCESS for note in notes):
        back = step_back(visit, request.user)
    undo = step_url(visit, back, leads_to(board, visit)) if visit and back else ""
    return {"notes": notes, "undo": undo, "undone": visit}


def leads_to(board: Board, visit: Appointment) -> str:
    """Back to the card of this visit, where a step has been taken."""
    query = board.asked.address(done=visit.pk)
    return f"{reverse('admin:index')}{query}#v-{visit.pk}"


def dressed(request: HttpRequest, board: Board, column: Column) -> dict[str, Any]:
    """The column with what may be done in it."""
    may_book = request.user.has_perm("appointments.add_appointment")
    return {
        "doctor": column.doctor,
        "column": column,
        "gaps": [(gap, gap_url(board, column, gap) if may_book else "") for gap in column.gaps],
        "cards": [(card, actions(request, board, card.visit)) for card in column.cards],
    }


def actions(request: HttpRequest, board: Board, visit: Appointment) -> list[dict[str, Any]]:
    """The steps open from here, and the one back: each with its address and its key."""
    back = leads_to(board, visit)
    steps = [step for step in open_steps(visit, request.user) if step.verb in KEYS]
    found: list[dict[str, Any]] = [
        {
            "verb": step.verb,
            "label": "Cancel" if step.verb == "cancel" else step.label,
            "url": step_url(visit, step, back),
            "asks": step.wants_reason,
            "key": KEYS[step.verb],
            "is_next": step.verb in NEXT,
        }
        for step in steps
    ]
    undo = step_back(visit, request.user)
    if undo:
        url = step_url(visit, undo, back)
        found.append({"verb": "undo", "label": "Undo", "url": url, "asks": False, "key": "u"})
    return found


def gap_url(board: Board, column: Column, gap: Block) -> str:
    """Where this free time is booked: today for who stands here, else by the whole form."""
    starts_at = timezone.localtime(gap.period.starts_at)
    doctor = column.doctor.pk
    if board.is_today:
        query = urlencode({"doctor": doctor, "time": f"{starts_at:%H:%M}"})
        return f"{reverse('walk_in')}?{query}"
    query = urlencode({"doctor": doctor, "starts_at": starts_at.isoformat()})
    return f"{reverse('admin:appointments_appointment_add')}?{query}"


@board_page
def day_sheet(request: HttpRequest) -> HttpResponse:
    """The day on paper: a page for each doctor."""
    try:
        shown = Board(Asked.by(request))
    except ValueError:
        return HttpResponseRedirect(reverse("day_sheet"))
    shown.note_shown(request)
    return render(
        request,
        "admin/appointments/board/day_sheet.html",
        {"board": shown, "here": shown.asked.address(), "printed_at": shown.now},
    )
