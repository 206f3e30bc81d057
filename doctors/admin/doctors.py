from collections.abc import Sequence

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import ngettext

from accounts.models import User
from accounts.roles import Role
from clinic.alike import folded_text
from clinic.console.parts import sentence
from clinic.console.suggestions import SuggestedInput
from clinic.sorting import name_key
from doctors import services
from doctors.admin.hours import HoursPages, keeps_hours
from doctors.files.doctors import DoctorFiles
from doctors.models import Doctor
from doctors.specializations import codes_of, known_names

VISITS = (("default_duration_minutes", "slot_interval_minutes"),)


class ApplicationFilter(admin.SimpleListFilter):
    title = "application"
    parameter_name = "application"

    def lookups(self, request, model_admin):
        return [("waiting", "Waits for approval"), ("unconfirmed", "E-mail not confirmed")]

    def queryset(self, request, queryset):
        if self.value() == "unconfirmed":
            return queryset.unconfirmed()
        return queryset.to_be_approved() if self.value() == "waiting" else queryset


class SpecializationFilter(admin.SimpleListFilter):
    """One entry for each field, however it is written."""

    title = "specialization"
    parameter_name = "specialization"

    def lookups(self, request, model_admin):
        names = {doctor.field_name for doctor in Doctor.objects.one_of_each_field()}
        return [(name, name) for name in sorted(names, key=folded_text)]

    def queryset(self, request, queryset):
        return queryset.named_so(self.value()) if self.value() else queryset


def sees_contacts(user: User) -> bool:
    """May they see how the clinic's doctors are reached, and their licences?"""
    return user.has_perm("doctors.view_all_doctor")


@admin.register(Doctor)
class DoctorAdmin(DoctorFiles, HoursPages):
    add_title = "Add a doctor"
    none_yet = "No doctors yet. Patients can book as soon as one is here and has hours."
    list_display_links = ("name",)
    list_filter = ("is_active", ApplicationFilter, SpecializationFilter)
    search_fields = ("first_name", "last_name", "email", "specialization")
    search_help_text = "Name, e-mail or specialization"
    ordering = (name_key(), "id")
    actions = ("deactivate", "approve", "reject", "send_link")
    fieldsets = (
        (None, {"fields": (("first_name", "last_name"), "specialization", "license_number")}),
        ("Contact", {"fields": ("email", "phone")}),
        (
            "In the clinic",
            {"fields": ("is_active", "default_duration_minutes", "slot_interval_minutes", "user")},
        ),
    )

    @admin.display(description="name", ordering=name_key())
    def name(self, doctor: Doctor) -> str:
        return f"{doctor.last_name}, {doctor.first_name}"

    @admin.display(description="specialization", ordering="specialization")
    def field(self, doctor: Doctor) -> str:
        return doctor.field_name

    @admin.display(description="phone")
    def phone_number(self, doctor: Doctor) -> str:
        return doctor.phone.as_international if doctor.phone else ""

    @admin.display(description="E-mail", ordering="email")
    def e_mail(self, doctor: Doctor) -> str:
        return doctor.email

    def headline(self, doctor: Doctor) -> str:
        return f"{doctor} · {doctor.field_name}"

    def get_list_display(self, request):
        @admin.display(description="hours", empty_value="")
        def hours(doctor):
            if not keeps_hours(request.user, doctor):
                return ""
            url = reverse("admin:doctors_doctor_hours", args=[doctor.pk])
            return format_html('<a href="{}">Hours</a>', url)

        own = () if sees_contacts(request.user) else ("phone_number", "e_mail")
        columns = ("name", "field", "phone_number", "e_mail", "is_active", hours)
        return tuple(column for column in columns if column not in own)

    def get_search_fields(self, request):
        """Nobody finds by an address what they don't get to see."""
        names = super().get_search_fields(request)
        hidden = () if sees_contacts(request.user) else ("email",)
        return [name for name in names if name not in hidden]

    def get_fieldsets(self, request, obj=None):
        """Of a colleague, doctors see what anybody may know, and the own record whole."""
        if obj is None or sees_contacts(request.user) or obj.user_id == request.user.pk:
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": (("first_name", "last_name"), "specialization", "is_active")}),)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Beside the tick stands what it means to take it away."""
        if obj is not None and self.has_change_permission(request, obj):
            kwargs["help_texts"] = {"is_active": self.words_for_inactive(obj)}
        return super().get_form(request, obj, change=change, **kwargs)

    def words_for_inactive(self, doctor: Doctor) -> str:
        told = ["Inactive doctors take no appointments."]
        if doctor.user is not None:
            told.append(f"The account {doctor.user.email} goes with it, and is signed out at once.")
        if count := self.visits_ahead(doctor):
            left = f"{count} booked visit{'' if count == 1 else 's'}"
            told.append(f"Ahead: {left}, listed for you then.")
        return " ".join(told)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        context["keeps_hours"] = obj is not None and keeps_hours(request.user, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_search_results(self, request, queryset, search_term):
        """Where a doctor is chosen, only those who take appointments are offered."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if codes := codes_of(search_term):
            found |= queryset.filter(specialization_code__in=codes)
        is_choice = request.resolver_match.url_name == "autocomplete"
        return found.active() if is_choice else found, duplicates

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "specialization":
            kwargs["widget"] = SuggestedInput(known_names())
            kwargs["help_text"] = (
                "Patients read what is in the list in their language, and anything else as it is."
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(role=Role.DOCTOR)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        if not change:
            services.create(obj, by=request.user)
            return
        services.change(obj, by=request.user)
        if "is_active" in form.changed_data:
            self.tell_of_account(request, obj)
        if not obj.is_active:
            self.tell_what_is_ahead(request, [obj])

    def delete_model(self, request, obj):
        services.delete(obj, by=request.user)

    @admin.action(description="Make inactive: take no more appointments", permissions=["change"])
    def deactivate(self, request, queryset):
        """What it means is said first: for the visits ahead, and for the accounts."""
        active = list(queryset.active().select_related("user"))
        if active and "confirmed" not in request.POST:
            context = self.admin_site.each_context(request) | {
                "title": "Make inactive?",
                "opts": self.opts,
                "doctors": [(doctor, self.visits_ahead(doctor)) for doctor in active],
            }
            return render(request, "admin/doctors/doctor/deactivate.html", context)
        for doctor in active:
            doctor.is_active = False
            services.change(doctor, by=request.user)
        done = ngettext("%d doctor is inactive now.", "%d doctors are inactive now.", len(active))
        self.message_user(request, done % len(active), messages.SUCCESS)
        for doctor in active:
            self.tell_of_account(request, doctor)
        return self.tell_what_is_ahead(request, active)

    def has_approve_permission(self, request):
        return request.user.has_perm("doctors.approve_doctor")

    @admin.action(description="Approve the application", permissions=["approve"])
    def approve(self, request, queryset):
        self.decide(request, queryset, services.approve, "approved")

    @admin.action(description="Reject the application and remove it", permissions=["approve"])
    def reject(self, request, queryset):
        self.decide(request, queryset, services.reject, "rejected and removed")

    @admin.action(description="Send the applicant the link again", permissions=["approve"])
    def send_link(self, request, queryset):
        link_sent = "the link to confirm the address is on its way"
        self.decide(request, queryset, services.send_application_link, link_sent)

    def decide(self, request, doctors, decision, done):
        """Decide on each of the chosen applications on its own."""
        for doctor in doctors:
            name = str(doctor)
            try:
                decision(doctor, by=request.user)
            except ValidationError as error:
                self.message_user(request, f"{name}: {sentence(error)}", messages.ERROR)
            else:
                self.message_user(request, f"{name}: {done}.", messages.SUCCESS)

    def tell_of_account(self, request, doctor: Doctor) -> None:
        """After the record, and the account with it, was made active or inactive."""
        if doctor.user is not None:
            can = "can sign in again" if doctor.is_active else "can't sign in any more"
            told = f"{doctor}: the account {doctor.user.email} {can}."
            self.message_user(request, told, messages.INFO)

    def visits_ahead(self, doctor: Doctor) -> int:
        """How many booked visits are still to come."""
        return 0

    def tell_what_is_ahead(self, request, doctors: Sequence[Doctor]) -> HttpResponse | None:
        """Called with doctors who are inactive now. The page to go on with, if there is one."""
        return None
