"""The visits of a board as HTML: hundreds on a day, which a template would take ten times as long
to draw. Whatever is put into a pattern is escaped."""

from uuid import UUID

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import get_template
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from appointments.admin.board.columns import Card
from appointments.admin.board.day import Board
from appointments.admin.board.sessions import SessionCard
from appointments.admin.steps import TAKE_BACK, open_steps, step_back
from appointments.models import Appointment
from appointments.scheduling.particulars import buffers_in_words, rooms_in_words
from appointments.transitions import Status
from clinic.console.drawn import STAND_IN, AddressOfEach, filled_html, joined_html
from clinic.days import day_text
from patients.models import Patient

# A key for each step, as it is listed on the page.
KEYS = {"check_in": "a", "start": "s", "fulfill": "f", "no_show": "x", "cancel": "c"}
NEXT = ("check_in", "start", "fulfill")  # The way that a visit usually goes.
REASON_LENGTH = 80
NOTHING = SafeString("")

CARD = """\
{}<article class="card is-{}{} r-{} e-{} c-{} d-{}" id="v-{}" tabindex="-1" aria-label="{} {}, {}">
  <a href="{}" class="card-open">
    <span class="card-who"><span class="card-time">{}</span> \
<span class="card-name">{}{}</span></span>
    <span class="card-facts">{}{}</span>
  </a>
  {}
  <form method="post" class="card-steps">
    {}
    <span class="status status-{}">{}</span>
    {}
    {}
  </form>
  <p class="card-more">{}{}{}{}<a href="{}" aria-label="Record of {}">{}</a>\
<span class="card-ends">, until {}</span></p>
</article>
"""
CSRF_FIELD = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
WARNED = SafeString('<span class="card-warned" role="img" aria-label="Warning">⚠</span> ')
LATE = '<strong class="card-late">{} late</strong> '
SINCE = '<strong class="card-since">{}{}</strong> '
DECEASED = '<span class="card-over">{}</span> '
OVERBOOKED = '<span class="card-over" title="{}">Overbooked</span> '
TYPE = '<span class="card-type">{}</span> '
WHERE = '<span class="card-where">({})</span> '
PARTICULAR = "{}<br>"
BUFFER = '<div class="card-buffer{} r-{} e-{} c-{} d-{}" aria-hidden="true"></div>\n'
PHONE = '<a href="tel:{}">{}</a><br>'
ASKING_STEP = """\
<a class="card-step is-{}" id="v-{}-{}" href="{}" data-key="{}" aria-label="{}: {}">{}</a>
"""
STEP = """\
<button type="submit" class="card-step is-{}{}" id="v-{}-{}" formaction="{}" data-key="{}" \
aria-label="{}: {}">{}</button>
"""


def leads_to(board: Board, visit: UUID) -> str:
    """Back to the card of the visit with this id, where a step has been taken."""
    query = board.asked.address(done=visit)
    return f"{reverse('admin:index')}{query}#v-{visit}"


class DrawnCards:
    """Draws the cards of one board for who asks for it."""

    def __init__(self, request: HttpRequest, board: Board):
        self.user = request.user
        self.is_by_rooms = board.asked.by_rooms
        self.names_places = bool(board.choices.places) and not board.asked.place
        self.drawn: set[UUID] = set()
        self.back = urlencode({"next": leads_to(board, STAND_IN)})
        self.token = filled_html(CSRF_FIELD, get_token(request))
        self.notes = get_template("admin/_desk_notes.html")
        self.visit_page = AddressOfEach("admin:appointments_appointment_change")
        self.patient_page = AddressOfEach("admin:patients_patient_change")
        self.step_pages = {
            verb: AddressOfEach("admin:appointments_appointment_step", verb)
            for verb in (*KEYS, TAKE_BACK)
        }

    def __call__(self, card: Card) -> SafeString:
        visit, patient, rows = card.visit, card.visit.patient, card.rows
        called, status = patient.called, visit.get_status_display()
        starts = card.starts
        key = self.key_of(visit)
        following, others = self.steps(card, key)
        return filled_html(
            CARD,
            self.edges(card),
            *(visit.status, classes_of(card), rows.first, rows.end, card.left, card.right),
            *(key, starts, called, status),
            self.visit_page(visit.pk),
            *(starts, self.warned(visit), called),
            *(joined_html(self.facts(card)), shortened_reason(visit.reason)),
            self.desk_notes(visit),
            *(self.token, visit.status, status, following, others),
            *called_by(patient),
            particulars_of(visit),
            *(self.patient_page(patient.pk), patient, patient.record_number),
            card.ends,
        )

    def desk_notes(self, visit: Appointment) -> SafeString:
        if not (visit.patient.warnings or visit.desk_notes):
            return NOTHING
        return filled_html('<div class="card-notes">{}</div>', self.notes.render({"visit": visit}))

    def key_of(self, visit: Appointment) -> str:
        """A name on the page for the card: one visit may be in several rooms."""
        again = visit.pk in self.drawn
        self.drawn.add(visit.pk)
        return f"{visit.pk}-{len(self.drawn)}" if again else str(visit.pk)

    def facts(self, card: Card) -> list[SafeString]:
        """What is to be known at a glance, before the reason for the visit: what it is and where,
        after what is urgent."""
        visit, urgent, born = card.visit, urgent_of(card), born_of(card.visit.patient)
        found = [filled_html(TYPE, visit.service)] if visit.service else []
        place = visit.location.name if self.names_places and visit.location else ""
        where = [str(visit.doctor)] if self.is_by_rooms else [rooms_in_words(visit), place]
        if any(where):
            found.append(filled_html(WHERE, ", ".join(filter(None, where))))
        return [*urgent, *found, *born]

    def edges(self, card: Card | SessionCard) -> SafeString:
        return joined_html(buffers_of(card))

    def warned(self, visit: Appointment) -> SafeString:
        return WARNED if visit.patient.warnings else NOTHING

    def urgent(self, card: Card) -> list[SafeString]:
        return urgent_of(card)

    def steps(
        self, card: Card, key: str, *, with_keys: bool = True
    ) -> tuple[SafeString, SafeString]:
        """The steps open from here: the way that visits go, then all others and the one back.

        Where several stand on one card, none has a key: it would be the first one's.
        """
        visit, due = card.visit, " is-due" if card.is_due else ""
        next_steps, others = [], []
        for step in open_steps(visit, self.user):
            if step.verb not in KEYS:
                continue
            url = f"{self.step_pages[step.verb](visit.pk)}?{self.back_to(visit)}"
            label = "Cancel" if step.verb == "cancel" else step.label
            said = (url, KEYS[step.verb] * with_keys, label, visit.patient, label)
            if step.wants_reason:
                others.append(filled_html(ASKING_STEP, step.verb, key, step.verb, *said))
            elif step.verb in NEXT:
                kind = f" is-next{due}"
                next_steps.append(filled_html(STEP, step.verb, kind, key, step.verb, *said))
            else:
                others.append(filled_html(STEP, step.verb, "", key, step.verb, *said))
        if back := step_back(visit, self.user):
            url = f"{self.step_pages[TAKE_BACK](visit.pk)}?to={back.to}&{self.back_to(visit)}"
            said = (url, "u" * with_keys, "Undo", visit.patient, "Undo")
            others.append(filled_html(STEP, "undo", "", key, "undo", *said))
        return joined_html(next_steps), joined_html(others)

    def back_to(self, visit: Appointment) -> str:
        return self.back.replace(str(STAND_IN), str(visit.pk))


def classes_of(card: Card) -> str:
    classes = {
        " is-short": card.is_short,
        " is-tall": card.is_tall,
        " is-past": card.is_past,
        " is-over": card.visit.overbook_reason,
    }
    return "".join(name for name, is_so in classes.items() if is_so)


def urgent_of(card: Card) -> list[SafeString]:
    """Who is late, waits, has died or is overbooked."""
    visit, patient, found = card.visit, card.visit.patient, []
    if card.late is not None:
        found.append(filled_html(LATE, card.late_in_words))
    if card.since is not None:
        waits = "waits " if visit.status == Status.CHECKED_IN else ""
        found.append(filled_html(SINCE, waits, card.since_in_words))
    if patient.is_deceased:
        found.append(filled_html(DECEASED, capfirst(patient.death)))
    if visit.overbook_reason:
        found.append(filled_html(OVERBOOKED, visit.overbook_reason))
    return found


def born_of(patient: Patient) -> list[SafeString]:
    if not patient.date_of_birth:
        return []
    return [filled_html('<span class="quiet">*{}</span> ', f"{patient.date_of_birth.year:04}")]


def buffers_of(card: Card | SessionCard) -> list[SafeString]:
    """What is kept free around the visit, drawn as its hatched edges."""
    lanes = (card.left, card.right)
    return [
        filled_html(BUFFER, " is-before" if rows.end == card.rows.first else "", *rows, *lanes)
        for rows in card.buffers
    ]


def particulars_of(visit: Appointment) -> SafeString:
    """The place, the price and what is kept free, where there is something to say."""
    kept = buffers_in_words(visit)
    place = visit.location.name if visit.location_id and visit.service_id else ""
    told = (place, visit.price_text, kept and f"Kept free: {kept}")
    return joined_html(filled_html(PARTICULAR, words) for words in told if words)


def shortened_reason(reason: str) -> str:
    return reason if len(reason) <= REASON_LENGTH else Truncator(reason).chars(REASON_LENGTH)


def called_by(patient: Patient) -> tuple[SafeString, SafeString, SafeString]:
    """The name of the papers where the card says another, whom to call, the date of birth."""
    born, phone = patient.date_of_birth, patient.phone
    return (
        NOTHING if patient.called == patient.name else filled_html("{}<br>", patient.name),
        filled_html(PHONE, phone.as_e164, phone.as_international)
        if phone
        else filled_html("{}<br>", patient.to_call or "No phone"),
        filled_html("Born {}<br>", day_text(born)) if born else NOTHING,
    )
