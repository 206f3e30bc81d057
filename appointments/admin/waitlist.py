"""The waitlist in the console: who waits, for whom, and what is being offered."""

from datetime import timedelta

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode

from accounts.admin.reads import PagesNoted
from appointments.admin.found_by_patient import FoundByPatient
from appointments.forms.offered import Offered, RecordChoice
from appointments.forms.visits import WaitlistForm
from appointments.models import SlotOffer, WaitlistEntry
from appointments.services import waitlist
from appointments.services.unmailed import free_times_for
from patients.reach import without_mail


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*WaitlistEntry.State.choices, ("all", "All")]

    def choices(self, changelist):
        chosen = self.value() or WaitlistEntry.State.WAITING
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == chosen, "query_string": query, "display": label}

    def queryset(self, request, queryset):
        state = self.value() or WaitlistEntry.State.WAITING
        return queryset.filter(state=state) if state in WaitlistEntry.State.values else queryset


@admin.register(WaitlistEntry)
class WaitlistAdmin(FoundByPatient, PagesNoted):
    """Patients are put on the list and taken off it; an entry is never changed or deleted."""

    patient_key = "patient_id"
    menu_name = "Waitlist"
    counted = ("patient", "patients")
    none_yet = "Nobody waits for an earlier time."
    add_title = "Put a patient on the waitlist"
    form = WaitlistForm
    autocomplete_fields = ("patient", "doctor")
    list_display = ("patient_name", "waits_for", "days", "since", "offered")
    list_filter = (StateFilter,)
    list_select_related = ("patient", "doctor", "service", "location")
    ordering = ("created_at", "id")

    def get_queryset(self, request):
        offers = SlotOffer.objects.held().filter(entry=OuterRef("pk"))
        fields = {
            "offer_start": Subquery(offers.values("starts_at")[:1]),
            "offer_until": Subquery(offers.values("expires_at")[:1]),
        }
        return super().get_queryset(request).annotate(**fields)

    def get_fieldsets(self, request, obj=None):
        """Types are asked for where the clinic has any, places where it has several."""
        names = self.offered_here(request).names
        whom, where = ["doctor", "specialization"], ["location"] * ("location" in names)
        title = "For a doctor, or for anybody of a specialization"
        if "service" in names:
            whom, title = ["service", *whom], "For a visit type, a doctor, or a specialization"
        when = [("from_date", "to_date"), ("earliest", "latest"), "duration_minutes"]
        return (
            (None, {"fields": ["patient"]}),
            (title, {"fields": [*whom, *where]}),
            ("When", {"fields": when}),
        )

    def offered_here(self, request) -> Offered:
        """What there is to choose from, read once for a request."""
        if not hasattr(request, "offered"):
            request.offered = Offered.now()
        return request.offered

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "location":
            places = self.offered_here(request).places
            return RecordChoice(places, "Wherever a time is free", label="Place")
        if db_field.name == "service":
            return self.offered_here(request).field("service")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request):
        return {"from_date": timezone.localdate()} | super().get_changeform_initial_data(request)

    @admin.display(description="patient", ordering="patient__sort_name")
    def patient_name(self, entry: WaitlistEntry) -> str:
        number = entry.patient.record_number
        return format_html('{}<br><span class="quiet">{}</span>', entry.patient, number)

    @admin.display(description="waits for")
    def waits_for(self, entry: WaitlistEntry) -> str:
        who = entry.doctor if entry.doctor_id else entry.field_name
        if not (entry.service_id or entry.location_id):
            return str(who)
        more = [str(part) for part in (entry.service, entry.location) if part]
        parts = [*more, str(who)] if who else more
        return format_html('{}<br><span class="quiet">{}</span>', parts[0], ", ".join(parts[1:]))

    @admin.display(description="when", ordering="from_date")
    def days(self, entry: WaitlistEntry) -> str:
        days = f"{date_format(entry.from_date, 'j M')} to {date_format(entry.to_date, 'j M Y')}"
        times = [f"from {entry.earliest:%H:%M}"] if entry.earliest else []
        times += [f"by {entry.latest:%H:%M}"] if entry.latest else []
        times += [f"{entry.duration_minutes} min" if entry.duration_minutes else "usual length"]
        return format_html('{}<br><span class="quiet">{}</span>', days, ", ".join(times))

    @admin.display(description="since", ordering="created_at")
    def since(self, entry: WaitlistEntry) -> str:
        return date_format(timezone.localtime(entry.created_at), "j M Y")

    @admin.display(description="offered now", empty_value="")
    def offered(self, entry) -> str:
        if entry.state != WaitlistEntry.State.WAITING:
            return format_html('<span class="status">{}</span>', entry.get_state_display())
        if entry.offer_start is None:
            return self.free_to_call(entry)
        start = date_format(timezone.localtime(entry.offer_start), "D j M, H:i")
        until = date_format(timezone.localtime(entry.offer_until), "D j M, H:i")
        told = getattr(entry, "without_mail", "")
        rows = [("quiet", f"until {until}")] + [("warning", told)] * bool(told)
        words = format_html_join("", '<br><span class="{}">{}</span>', rows)
        return format_html("{}{}", start, words)

    def free_to_call(self, entry) -> str:
        """The time about which somebody is called for whom none is held, with the way to book."""
        told = getattr(entry, "without_mail", "")
        slot = getattr(entry, "free_time", None)
        if not (told and slot):
            return format_html('<span class="quiet">{}</span>', told) if told else ""
        offered = {"service": entry.service_id, "location": slot.location_id}
        query = {
            "patient": entry.patient_id,
            "doctor": slot.doctor_id,
            "starts_at": timezone.localtime(slot.starts_at).isoformat(),
            **{name: key for name, key in offered.items() if key},
            "duration_minutes": (slot.ends_at - slot.starts_at) // timedelta(minutes=1),
        }
        return format_html(
            'Free: <a href="{}?{}">{}<span class="visually-hidden">, book it for {}</span></a>'
            '<br><span class="warning">{}</span>',
            reverse("admin:appointments_appointment_add"),
            urlencode(query),
            date_format(timezone.localtime(slot.starts_at), "D j M, H:i"),
            entry.patient,
            told,
        )

    def get_changelist_instance(self, request):
        """Whom no mail tells of an offer is called: looked up for the whole page at once."""
        found = super().get_changelist_instance(request)
        waiting = [one for one in found.result_list if one.state == WaitlistEntry.State.WAITING]
        told = without_mail(entry.patient for entry in waiting)
        called = [one for one in waiting if one.patient_id in told and one.offer_start is None]
        free = free_times_for(entry.pk for entry in called) if called else {}
        for entry in waiting:
            entry.without_mail = told.get(entry.patient_id, "")
            entry.free_time = free.get(entry.pk)
        return found

    def headline(self, entry: WaitlistEntry) -> str:
        return f"{entry.patient} waits for {entry.whom}"

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        waits = obj is None or obj.state == WaitlistEntry.State.WAITING or request.method == "POST"
        return waits and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        waitlist.join(obj, by=request.user)
        if told := without_mail([obj.patient]).get(obj.patient_id):
            told = f"No time is held for {obj.patient}: the list shows what is free. {told}"
            self.message_user(request, told, messages.WARNING)

    def delete_model(self, request, obj):
        waitlist.leave(obj, by=request.user)

    def log_deletions(self, request, queryset):
        """Nothing is deleted: the entry stays, and its events say who ended it."""

    def response_delete(self, request, obj_display, obj_id):
        self.message_user(request, f"{obj_display}: off the waitlist now.", messages.SUCCESS)
        return redirect("admin:appointments_waitlistentry_changelist")
