from typing import Any

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from appointments import services
from appointments.admin.choosing_offered import ChoosesOffered
from appointments.admin.day_filter import DayFilter, days_shown
from appointments.admin.found_by_patient import FoundByPatient
from appointments.admin.notes import WRITE
from appointments.admin.offered_filter import FILTERS
from appointments.admin.room_pages import VisitRoomPages
from appointments.admin.series import ADD as ADD_SERIES
from appointments.admin.series import series_of_visit
from appointments.admin.step_pages import StepPages, step_url
from appointments.admin.steps import board_url, open_steps
from appointments.admin.visit_history import history_of
from appointments.admin.warned import AskedFirst, ask_first, word_for
from appointments.files.visits import VisitExport
from appointments.forms.notes import VisitNoteForm, VisitReasonForm
from appointments.forms.visits import BookingForm
from appointments.models import Appointment
from appointments.scheduling import availability
from appointments.scheduling.particulars import buffers_in_words
from appointments.services.booking import KEEP_PLACE
from appointments.transitions import Status
from clinic.days import day_at
from clinic.text import as_uuid
from doctors.models import Doctor
from patients.models import Note
from patients.reach import without_mail


def local(instant, form: str = "D j M Y, H:i") -> str:
    return date_format(timezone.localtime(instant), form)


def manages_all(request) -> bool:
    """Every doctor's calendar, or only one's own?"""
    return request.user.has_perm("appointments.manage_all_appointment")


@admin.register(Appointment)
class AppointmentAdmin(ChoosesOffered, FoundByPatient, VisitExport, VisitRoomPages, StepPages):
    """Appointments are booked, moved and taken from step to step, never edited or deleted."""

    form = BookingForm
    add_title = "Book an appointment"
    added = "{} is booked for {} with {}."
    saved = "{} is moved to {} with {}."
    none_yet = "No appointments today."
    list_per_page = 250
    read_once = ("offered",)
    list_select_related = ("doctor", "patient", "service", "location")
    ordering = ("starts_at", "id")

    def headline(self, appointment: Appointment) -> str:
        when = local(appointment.starts_at)
        return f"{appointment.patient} · {appointment.doctor} · {when}"

    @admin.display(description="time", ordering="starts_at")
    def time(self, appointment: Appointment) -> str:
        return f"{local(appointment.starts_at, 'H:i')} - {local(appointment.ends_at, 'H:i')}"

    @admin.display(description="start", ordering="starts_at")
    def day_and_time(self, appointment: Appointment) -> str:
        return local(appointment.starts_at)

    @admin.display(description="patient", ordering="patient__sort_name")
    def patient_link(self, appointment: Appointment) -> str:
        url = reverse("admin:patients_patient_change", args=[appointment.patient_id])
        patient = appointment.patient
        number = ", ".join(filter(None, (patient.record_number, patient.also_known, patient.death)))
        return format_html(
            '<a href="{}">{}</a> <span class="quiet">{}</span>', url, appointment.patient, number
        )

    @admin.display(description="status", ordering="status")
    def status_word(self, appointment: Appointment) -> str:
        word = format_html(
            '<span class="status status-{}">{}</span>',
            appointment.status,
            appointment.get_status_display(),
        )
        if not appointment.overbook_reason:
            return word
        title = appointment.overbook_reason
        return format_html('{} <span class="status" title="{}">Overbooked</span>', word, title)

    @admin.display(description="length")
    def length(self, appointment: Appointment) -> str:
        return f"{appointment.duration_minutes} min"

    @admin.display(description="visit type", ordering="service__name", empty_value="")
    def visit_type(self, appointment: Appointment) -> str:
        return str(appointment.service or "")

    @admin.display(description="place", ordering="location__name", empty_value="")
    def place(self, appointment: Appointment) -> str:
        return str(appointment.location or "")

    def booked(self, appointment: Appointment) -> str:
        by = appointment.created_by
        return f"{local(appointment.created_at)} by {by.get_full_name() if by else 'the patient'}"

    def get_list_display(self, request):
        @admin.display(description="next step", empty_value="")
        def next_step(appointment):
            back = request.get_full_path()
            return format_html_join(
                "",
                '<button class="step" formaction="{}">{}</button>',
                (
                    (step_url(appointment, step, back), step.label)
                    for step in open_steps(appointment, request.user)[:1]
                    if not step.wants_reason
                ),
            )

        @admin.display(description="time", ordering="starts_at")
        def time_today(appointment):
            """The row at which the day is now has a name."""
            if begun or appointment.ends_at < now:
                return self.time(appointment)
            begun.append(appointment)
            return format_html('<span id="now-row">{}</span>', self.time(appointment))

        now, begun = timezone.now(), []
        days = days_shown(request)
        is_today = days and days.is_one and days.first == day_at(now) and "o" not in request.GET
        when = time_today if is_today else "time" if days and days.is_one else "day_and_time"
        columns = {"service": "visit_type", "location": "place"}
        what = tuple(columns[name] for name in self.offered(request).names)
        return (when, "patient_link", "doctor", *what, "status_word", "length", next_step)

    def get_list_filter(self, request):
        everybody = ("doctor",) if manages_all(request) else ()
        offered = [FILTERS[name] for name in self.offered(request).names]
        return (DayFilter, *everybody, "status", *offered)

    def changelist_view(self, request, extra_context=None):
        days = days_shown(request)
        context = {"title": str(days) if days else "All appointments", "days": days}
        return super().changelist_view(request, context | (extra_context or {}))

    def get_autocomplete_fields(self, request):
        return ("patient", "doctor") if manages_all(request) else ("patient",)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "doctor" and not manages_all(request):
            own = Doctor.objects.filter(user=request.user)
            kwargs |= {"queryset": own, "initial": own.first(), "empty_label": None}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fieldsets(self, request, obj=None):
        may_overbook = request.user.has_perm("appointments.overbook_appointment")
        overbook = ("overbook_reason",) if may_overbook else ()
        offered = self.offered(request).names
        if obj is None:
            when = ("doctor", *offered, "starts_at", "duration_minutes")
            return [(None, {"fields": ("patient", *when, "reason", *overbook)})]
        if not self.has_change_permission(request, obj):
            return []  # The head of the page says all there is.
        where = tuple(name for name in offered if name != "service")  # It stays what it is.
        when = ("doctor", *where, "starts_at", "duration_minutes")
        return [("Move", {"fields": (*when, *overbook)})]

    def has_change_permission(self, request, obj=None):
        """What is booked may be moved, but for a place in a session, which moves as a whole. A form
        sent too late is answered by the service."""
        may_move = request.user.has_perm("appointments.reschedule_appointment")
        if obj is None or request.method == "POST":
            return may_move
        return may_move and obj.status == Status.BOOKED and obj.session_id is None

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        if change and not form.changed_data:
            return
        word = request.POST.get("all_the_same", "")
        if not change:
            codes = ask_first(obj, word, is_new=True)
            services.book(obj, by=request.user)
        else:
            now = Appointment.objects.get(pk=obj.pk)
            codes = ask_first(obj, word, word_for(now))
            moved = services.reschedule(
                now,
                by=request.user,
                starts_at=obj.starts_at,
                duration=obj.duration,
                doctor=obj.doctor,
                overbook_reason=obj.overbook_reason if "overbook_reason" in form.fields else "",
                location=obj.location if "location" in form.changed_data else KEEP_PLACE,
            )
            request.is_moved = moved.sequence != now.sequence
        for code in codes:
            self.message_user(request, availability.WARNINGS[code], messages.WARNING)
        if not change or request.is_moved:
            self.say_nothing_mailed(request, obj)

    def done_sentence(self, request, obj, sentence):
        """Whose visit is where now."""
        link = format_html('<a href="{}">{}</a>', self.page_of(request, obj), obj.patient)
        if sentence == self.saved and not getattr(request, "is_moved", False):
            return format_html("{}: nothing was changed.", link)
        return format_html(sentence, link, local(obj.starts_at), obj.doctor)

    def response_post_save_add(self, request, obj):
        return redirect(board_url(obj))

    def response_post_save_change(self, request, obj):
        return redirect(board_url(obj))

    def about(self, request, visit: Appointment) -> dict[str, Any]:
        """What the page shows of the visit beside the form that moves it."""
        may = request.user.has_perm
        edits = may("appointments.change_appointment") and visit.status != Status.ENTERED_IN_ERROR
        return {
            "changes": history_of(visit),
            "series": series_of_visit(visit),
            "room_forms": self.room_forms(request, visit),
            "kept_free": buffers_in_words(visit),
            "offers_places": bool(self.offered(request).places),
            "booked": self.booked(visit),
            "notes": visit.notes.select_related("author"),
            "warnings": visit.patient.notes.visible_to(request.user).on_board(),
            "without_mail": without_mail([visit.patient]).get(visit.patient_id),
            "reason_form": VisitReasonForm(instance=visit, auto_id="edit_%s") if edits else None,
            "note_form": VisitNoteForm(auto_id="note_%s") if may(WRITE) else None,
        }

    def warnings_of_chosen(self, request, form) -> list[Note]:
        """What the desk is to know of the patient for whom a visit is being booked."""
        key = as_uuid(str(form["patient"].value() or ""))
        notes = Note.objects.visible_to(request.user).on_board()
        return list(notes.filter(patient=key)) if key else []

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        response = super().changeform_view(request, object_id, form_url, extra_context)
        refusal = getattr(request, "refusal", None)
        if refusal is not None and hasattr(response, "context_data"):
            free = getattr(refusal, "alternatives", None)
            response.context_data["alternatives"] = self.offered(request).where(free)
            response.context_data["asked"] = refusal if isinstance(refusal, AskedFirst) else None
        return response

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["may_repeat"] = request.user.has_perm(ADD_SERIES)
        if obj is None:
            context["warnings"] = self.warnings_of_chosen(request, context["adminform"].form)
        else:
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
            context |= self.about(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)
