"""Group sessions on the board: one card for each, with those who take part and what can be done
about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.safestring import SafeString

from appointments.admin.board.grid import Frame, Rows
from appointments.admin.calendar.events import clock_time
from appointments.models import Appointment, GroupSession, GroupSessionQuerySet
from appointments.scheduling.slots import Period
from appointments.transitions import Status
from clinic.console.drawn import AddressOfEach, filled_html, joined_html

SESSION = """\
{}<article class="card is-session{} r-{} e-{} c-{} d-{}" id="s-{}" tabindex="-1" \
aria-label="{} {}, {}">
  <a href="{}" class="card-open">
    <span class="card-who"><span class="card-time">{}</span> \
<span class="card-name">{}</span></span>
    <span class="card-facts">{}{}</span>
  </a>
  <ul class="session-list">{}</ul>
  <p class="card-more">{}<span class="card-ends">until {}</span></p>
</article>
"""
PERSON = """\
<li class="session-person is-{}" id="v-{}" aria-label="{}, {} {}">
  <a href="{}">{}{}</a> {}<span class="status status-{}">{}</span>
  <form method="post" class="card-steps">{}{}{}</form>
</li>
"""
ADD = '<a href="{}#people-heading">Add a participant</a> '
TYPE = '<span class="card-type">{}</span> '
WHERE = '<span class="card-where">{}</span> '


@dataclass
class SessionCard:
    """A session on the board, and the cards of those who take part in it or didn't come."""

    session: GroupSession
    rows: Rows
    held: Rows
    people: list[Any] = field(default_factory=list)
    left: int = 0
    right: int = 1

    @classmethod
    def of(cls, session: GroupSession, frame: Frame, people: Iterable[Any]) -> "SessionCard":
        rows = frame.place(Period(session.starts_at, session.ends_at))
        shown = [one for one in people if one.visit.status != Status.CANCELLED]
        ordered = sorted(shown, key=lambda one: one.visit.patient.sort_name)
        return cls(session, rows, frame.place(held_by_session(session)), ordered)

    @property
    def buffers(self) -> list[Rows]:
        around = (Rows(self.held.first, self.rows.first), Rows(self.rows.end, self.held.end))
        return [rows for rows in around if rows.first < rows.end]

    @property
    def is_short(self) -> bool:
        return self.rows.end - self.rows.first < 6

    @property
    def places(self) -> str:
        session = self.session
        return f"{session.taken} of {session.capacity} places taken"


def held_by_session(session: GroupSession) -> Period:
    return Period(session.holds_from, session.holds_until)


def sessions_on(
    day: date, user: Any, chosen: Sequence[UUID] = (), place: UUID | None = None
) -> GroupSessionQuerySet:
    """Those of the day that take place, as far as the user sees them; of these doctors, if any are
    chosen, and at the place or at none, if one is named."""
    found = GroupSession.objects.visible_to(user).standing().on_day(day)
    if chosen:
        found = found.filter(doctor__in=chosen)
    if place:
        found = found.filter(Q(location=place) | Q(location=None))
    return found


def by_session(visits: Iterable[Appointment]) -> dict[UUID, list[Appointment]]:
    found: dict[UUID, list[Appointment]] = {}
    for visit in visits:
        if visit.session_id:
            found.setdefault(visit.session_id, []).append(visit)
    return found


class DrawnSessions:
    """Draws the cards of sessions, those who take part by the drawer of their own cards."""

    def __init__(self, draws: Any, may_add: bool):
        self.draws, self.may_add = draws, may_add
        self.page = AddressOfEach("admin:appointments_groupsession_change")

    def __call__(self, card: SessionCard) -> SafeString:
        session, rows = card.session, card.rows
        address, starts = self.page(session.pk), clock_time(session.starts_at)
        may_add = self.may_add and session.free_places
        return filled_html(
            SESSION,
            self.draws.edges(card),
            *(" is-short" if card.is_short else "", rows.first, rows.end, card.left, card.right),
            *(session.pk, starts, session.name, card.places),
            *(address, starts, session.name),
            *(filled_html(TYPE, card.places), self.where(session)),
            joined_html([self.person(one, session) for one in card.people]),
            filled_html(ADD, address) if may_add else "",
            clock_time(session.ends_at),
        )

    def where(self, session: GroupSession) -> SafeString | str:
        return filled_html(WHERE, session.location) if session.location else ""

    def person(self, card: Any, session: GroupSession) -> SafeString:
        visit = card.visit
        status = visit.get_status_display()
        key = self.draws.key_of(visit)
        following, others = self.draws.steps(card, key, with_keys=False)
        return filled_html(
            PERSON,
            *(visit.status, key, visit.patient.called, session.name, card.starts),
            *(self.draws.visit_page(visit.pk), self.draws.warned(visit), visit.patient.called),
            joined_html(self.draws.urgent(card)),
            *(visit.status, status, self.draws.token, following, others),
        )
