"""The console's first page: the day, a column for each doctor, that keeps itself current."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.messages import constants, get_messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from appointments.admin.board.cards import DrawnCards, leads_to
from appointments.admin.board.columns import Block, Column
from appointments.admin.board.day import Asked, Board
from appointments.admin.board.pulse import Tag
from appointments.admin.board.sessions import DrawnSessions
from appointments.admin.step_pages import step_url
from appointments.admin.steps import step_back
from appointments.forms.visits import CancelForm


def board_page(view: Callable) -> Callable:
    """A page of the console for those who may see visits."""

    @wraps(view)
    def inside(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.has_perm("appointments.view_appointment"):
            raise PermissionDenied
        request.current_app = admin.site.name
        return view(request, *args, **kwargs)

    return admin.site.admin_view(inside)


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
    address = shown.asked.address
    context |= {
        "today": address(day=""),
        "everybody": address(doctor=()),
        "by_doctors": address(by=""),
        "by_rooms": address(by="rooms"),
    }
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
    drawn_card = DrawnCards(request, board)
    may_book = request.user.has_perm("appointments.add_appointment")
    drawn_session = DrawnSessions(drawn_card, may_book)
    return {
        "board": board,
        "asked": asked,
        "here": asked.address(),
        "before": asked.address(board.days.first - one_day),
        "after": asked.address(board.days.first + one_day),
        "columns": [
            dressed(request, board, column, drawn_card)
            | {"sessions": [drawn_session(one) for one in column.sessions]}
            for column in board.columns
        ],
        "may_book": may_book,
        "may_run": request.user.has_perm("appointments.add_groupsession"),
    }


def board_context(request: HttpRequest, board: Board) -> dict[str, Any]:
    """What came of the step that led here, and what takes it back."""
    notes = list(get_messages(request))
    done = request.GET.get("done", "")
    visit = next((one for one in board.visits if str(one.pk) == done), None)
    back = None
    if visit and any(note.level == constants.SUCCESS for note in notes):
        back = step_back(visit, request.user)
    undo = step_url(visit, back, leads_to(board, visit.pk)) if visit and back else ""
    return {"notes": notes, "undo": undo, "undone": visit}


def dressed(
    request: HttpRequest, board: Board, column: Column, drawn_card: DrawnCards
) -> dict[str, Any]:
    """The column with what may be done in it."""
    may_book = request.user.has_perm("appointments.add_appointment")
    doctor = column.doctor
    return {
        "column": column,
        "url": board.asked.address(doctor=doctor.pk, by="") if doctor else "",
        "gaps": [(gap, gap_url(board, column, gap) if may_book else "") for gap in column.gaps],
        "cards": [drawn_card(card) for card in column.cards],
    }


def gap_url(board: Board, column: Column, gap: Block) -> str:
    """Where this free time is booked: today for who stands here, else by the whole form."""
    starts_at = timezone.localtime(gap.period.starts_at)
    asked = {"doctor": column.of.pk} | ({"location": place} if (place := board.asked.place) else {})
    if board.is_today:
        query = urlencode(asked | {"time": f"{starts_at:%H:%M}"})
        return f"{reverse('walk_in')}?{query}"
    query = urlencode(asked | {"starts_at": starts_at.isoformat()})
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
