"""The page on which staff say what becomes of visits that can't take place as they are booked.

A choice a row; the free times that are proposed travel in the form, and the service judges them
again when they are taken. Nothing of it needs a script.
"""

from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import AccessLog
from accounts.services.access import note_read
from appointments.forms.visits import instant_of
from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.scheduling.availability import Slot
from appointments.scheduling.particulars import read_particulars
from appointments.services.absences import Choice, Outcome, Proposal, Way, propose, resolve
from doctors.models import Doctor, Resource
from patients.reach import without_mail

ROWS = 50  # On one page: each row's proposals are looked for.
GONE = "This visit has changed meanwhile: it is not affected any more."
NO_TIME = "The time that was chosen can't be read. Please choose again."


@dataclass(frozen=True)
class Option:
    """A way for one visit: its radio button, and the time that it would take."""

    way: Way
    label: str
    slot: Slot | None = None
    room: Resource | None = None

    @property
    def needs_time(self) -> bool:
        return self.way in (Way.SAME_DOCTOR, Way.COLLEAGUE)

    @property
    def is_open(self) -> bool:
        if self.way == Way.OTHER_ROOM:
            return self.room is not None
        return not self.needs_time or self.slot is not None


@dataclass(frozen=True)
class Row:
    appointment: Appointment
    options: list[Option]
    chosen: Way
    refusal: str = ""
    without_mail: str = ""  # What the desk does where no mail reaches the patient.


@dataclass
class Result:
    """What became of one choice, to be read."""

    outcome: Outcome
    warnings: list[str] = field(default_factory=list)
    without_mail: str = ""


class AffectedVisits:
    """One request for the page: what was sent is done first, then what is left is shown."""

    def __init__(
        self, request: HttpRequest, visits: QuerySet[Appointment], out: Resource | None = None
    ):
        self.request, self.out = request, out
        visible = Appointment.objects.visible_to(request.user)
        self.visits = visits.filter(pk__in=visible.values("pk"))
        self.results: list[Result] = []
        self.refusals: dict[UUID, str] = {}
        self.set_all = Way.KEEP
        self.may_hand_over = request.user.has_perm("appointments.manage_all_appointment")

    def act(self) -> None:
        """Do what was chosen, or with `all` only set every row."""
        data = self.request.POST
        if "all" in data:
            self.set_all = way_of(data["all"])
            return
        for outcome in [*resolve(self.choices(), by=self.request.user)]:
            self.note(outcome)

    def choices(self) -> list[Choice]:
        """What was chosen for the visits that are still affected. The rest is noted at once."""
        data = self.request.POST
        ways = {name[4:]: way_of(data[name]) for name in data if name.startswith("way-")}
        ways = {key: way for key, way in ways.items() if way != Way.KEEP and is_key(key)}
        affected = {one.pk.hex: one for one in self.visits.filter(pk__in=list(ways))}
        slots = self.slots({key: data.get(f"{way}-{key}", "") for key, way in ways.items()})
        choices = []
        for key, appointment in affected.items():
            way, slot = ways[key], slots.get(key)
            if way in (Way.SAME_DOCTOR, Way.COLLEAGUE) and slot is None:
                self.note(Outcome(Choice(appointment, way), appointment, NO_TIME))
            else:
                choices.append(Choice(appointment, way, slot))
        gone = Appointment.objects.visible_to(self.request.user).with_people()
        for appointment in gone.filter(pk__in=[key for key in ways if key not in affected]):
            choice = Choice(appointment, ways[appointment.pk.hex])
            self.note(Outcome(choice, appointment, GONE))
        return choices

    def slots(self, sent: dict[str, str]) -> dict[str, Slot]:
        """The times that were sent as `<doctor>/<start>`, with `/<place>` after it where one was
        proposed, as far as they can be read."""
        found = {}
        doctors = Doctor.objects.visible_to(self.request.user)
        parts = {key: [*text.split("/"), "", ""][:3] for key, text in sent.items()}
        known = doctors.in_bulk([doctor for doctor, _, _ in parts.values() if is_key(doctor)])
        for key, (doctor, start, place) in parts.items():
            starts_at = instant_of(start)
            if starts_at is not None and is_key(doctor) and UUID(doctor) in known:
                location_id = UUID(place) if is_key(place) else None
                found[key] = Slot(starts_at, starts_at, UUID(doctor), location_id)
        return found

    def note(self, outcome: Outcome) -> None:
        warnings = []
        if outcome.refusal:
            self.refusals[outcome.choice.appointment.pk] = outcome.refusal
        elif outcome.choice.slot is not None:
            codes = availability.warnings_for(outcome.appointment)
            warnings = [availability.WARNINGS[code] for code in codes]
        self.results.append(Result(outcome, warnings))

    def rows(self, appointments: list[Appointment]) -> list[Row]:
        proposals = propose(appointments, self.out)
        slots = [slot for one in proposals for slot in (one.same_doctor, one.colleague) if slot]
        doctors = Doctor.objects.in_bulk({slot.doctor_id for slot in slots})
        unreached = without_mail(appointment.patient for appointment in appointments)
        return [self.row(proposal, doctors, unreached) for proposal in proposals]

    def row(
        self, proposal: Proposal, doctors: dict[UUID, Doctor], unreached: dict[UUID, str]
    ) -> Row:
        def name(slot: Slot | None) -> str:
            return str(doctors[slot.doctor_id]) if slot else ""

        same, other = proposal.same_doctor, proposal.colleague
        options = [
            Option(Way.KEEP, "Keep as it is"),
            Option(Way.SAME_DOCTOR, name(same) or str(proposal.appointment.doctor), same),
            Option(Way.COLLEAGUE, name(other) or "A colleague", other),
            Option(Way.CANCEL, "Cancel"),
        ]
        if self.out is not None:
            label = str(proposal.other_room or f"Another {self.out.pool}")
            options.insert(1, Option(Way.OTHER_ROOM, label, room=proposal.other_room))
        if not self.may_hand_over:
            options = [option for option in options if option.way != Way.COLLEAGUE]
        ways = {option.way for option in options if option.is_open}
        chosen = self.set_all if self.set_all in ways else Way.KEEP
        visit = proposal.appointment
        told = unreached.get(visit.patient_id, "")
        return Row(visit, options, chosen, self.refusals.get(visit.pk, ""), told)

    def context(self) -> dict:
        page = Paginator(self.visits, ROWS).get_page(self.request.GET.get("p"))
        shown = list(page.object_list.with_notes())
        read_particulars(shown)
        people = [one.patient_id for one in shown]
        people += [result.outcome.appointment.patient_id for result in self.results]
        note_read(self.request, AccessLog.Action.LIST, people)
        done = [result for result in self.results if not result.outcome.refusal]
        told = without_mail(result.outcome.appointment.patient for result in done)
        for result in done:
            result.without_mail = told.get(result.outcome.appointment.patient_id, "")
        return {
            "rows": self.rows(shown),
            "page": page,
            "offers_places": len({one.location_id for one in shown} - {None}) > 1,
            "results": self.results,
            "may_hand_over": self.may_hand_over,
            "out": self.out,
        }


def way_of(text: str) -> Way:
    return Way(text) if text in set(Way) else Way.KEEP


def is_key(text: str) -> bool:
    try:
        return UUID(text).hex == text
    except ValueError:
        return False


def show_affected(
    site: AdminSite,
    request: HttpRequest,
    visits: QuerySet[Appointment],
    about: dict,
    out: Resource | None = None,
) -> HttpResponse:
    """The page of these visits. `about` names what they are affected by: `title`, `why`,
    `back` (an address) and `opts`. `out` is the room or device that is out of service."""
    affected = AffectedVisits(request, visits, out)
    if request.method == "POST":
        affected.act()
    context = site.each_context(request) | about | affected.context()
    return render(request, "admin/appointments/affected.html", context)
