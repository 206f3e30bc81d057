"""The console's pages of a family: somebody new is registered, related, confirmed, let go."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_POST

from clinic.console.parts import sentence
from clinic.console.small_forms import small_form
from clinic.errors import NotAllowed
from clinic.web.views import sent
from patients import services
from patients.admin.family.rows import Relative, relatives_of
from patients.admin.one_patient import OnePatient
from patients.duplicates import twins_of
from patients.forms.family import EndForm, RelationChangeForm, RelationForm, RelativeForm
from patients.models import Patient, RelatedPerson

SEE, ADD = "patients.view_relatedperson", "patients.add_relatedperson"
CHANGE, WITHDRAW = "patients.change_relatedperson", "patients.delete_relatedperson"
REGISTER = "patients.add_patient"


class FamilyPages(OnePatient):
    """An admin of patients, who belong to each other."""

    def get_urls(self):
        inside = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        one = "<uuid:patient_id>/family/<uuid:relation_id>/{}/"
        pages: dict[str, tuple[str, Any]] = {
            "<uuid:patient_id>/family/register/": ("register", form(self.relative_view)),
            "<uuid:patient_id>/family/add/": ("add", form(self.relation_add_view)),
            one.format("change"): ("change", form(self.relation_change_view)),
            one.format("end"): ("end", form(self.relation_end_view)),
            one.format("confirm"): ("confirm", require_POST(self.relation_confirm_view)),
        }
        own = [
            path(route, inside(view), name=f"patients_patient_family_{name}")
            for route, (name, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    def family_page(self, request: HttpRequest, patient: Patient, title: str) -> dict[str, Any]:
        """What every page about the patient's family shows."""
        self.note_shown(request, [patient])
        return self.admin_site.each_context(request) | {
            "title": title,
            "opts": self.opts,
            "original": patient,
            "headline": self.headline(patient),
            "back": family_url(patient),
        }

    def relation_of(
        self, request: HttpRequest, patient_id, relation_id, permission: str
    ) -> tuple[Patient, RelatedPerson]:
        patient = self.patient_of(request, patient_id, permission)
        visible = RelatedPerson.objects.visible_to(request.user)
        both = visible.filter(Q(patient=patient) | Q(related_patient=patient))
        rows = both.select_related("patient", "related_patient")
        return patient, get_object_or_404(rows, pk=relation_id)

    def relative_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        """Somebody new of the family, whose name and birth date are all that is asked; and then
        another one."""
        person = self.patient_of(request, patient_id, ADD)
        if not request.user.has_perm(REGISTER):
            raise PermissionDenied
        values = services.family_values(person)
        new = Patient(**values)
        form = RelativeForm(sent(request), instance=new, person=person)
        twins: list = []
        if form.is_valid():
            twins = self.twins_unless_told(request, new, person)
            if not twins and self.save_relative(request, form, new, person):
                return HttpResponseRedirect(request.path)
        self.note_shown(request, [twin.patient for twin in twins])
        context = self.family_page(request, person, "Register a family member") | {
            "form": form,
            "twins": twins,
            "relatives": relatives_of(person, request.user),
            "address": ", ".join(
                filter(None, (person.street, f"{person.zip} {person.city}".strip()))
            ),
        }
        return render(request, "admin/patients/patient/relative.html", context)

    def twins_unless_told(self, request: HttpRequest, new: Patient, person: Patient) -> list:
        if request.POST.get("register_anyway"):
            return []
        return twins_of(new, self.get_queryset(request), related=[person])

    def save_relative(self, request, form, new: Patient, person: Patient) -> bool:
        relation = services.desk_relation(new, person, form.cleaned_data["relationship"])
        try:
            services.register_relative(new, relation, None, by=request.user)
        except NotAllowed as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            link = format_html('<a href="{}">{}</a>', self.page_of(request, new), new)
            new.refresh_from_db(fields=["number"])
            done = format_html("{} is registered: {}. And another one?", link, new.record_number)
            self.message_user(request, done, messages.SUCCESS)
            return True
        return False

    def relation_add_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        patient = self.patient_of(request, patient_id, ADD)
        relation = RelatedPerson(patient=patient)
        form = RelationForm(
            sent(request),
            instance=relation,
            user=request.user,
            initial={"gets_messages": not (patient.email or patient.phone)},
        )
        context = self.family_page(request, patient, "Who belongs to this patient") | {
            "submit": "Add",
            "done": f"That belongs to {patient} now.",
        }
        return small_form(
            request, form, lambda: services.relate(relation, by=request.user), context
        )

    def relation_change_view(self, request: HttpRequest, patient_id, relation_id) -> HttpResponse:
        shown, relation = self.relation_of(request, patient_id, relation_id, CHANGE)
        title = f"{relation.full_name}, of {relation.patient}"
        form = RelationChangeForm(sent(request), instance=relation)
        form.fields["relationship"].label = f"Is {relation.patient}'s"
        context = self.family_page(request, shown, title) | {"submit": "Save", "done": "Saved."}
        return small_form(
            request, form, lambda: services.change_relation(relation, by=request.user), context
        )

    def relation_end_view(self, request: HttpRequest, patient_id, relation_id) -> HttpResponse:
        """Asks which of two is meant: that it ends, or that it was never so."""
        shown, relation = self.relation_of(request, patient_id, relation_id, WITHDRAW)
        takes_off = "withdraw" in request.POST
        data = None if takes_off else sent(request)
        form = EndForm(data, initial={"last_day": timezone.localdate()})
        if takes_off or form.is_valid():
            try:
                if takes_off:
                    services.withdraw(relation, by=request.user)
                else:
                    relation.valid_until = form.cleaned_data["last_day"]
                    services.change_relation(relation, by=request.user)
            except (NotAllowed, ValidationError) as error:
                self.message_user(request, sentence(error), messages.ERROR)
            else:
                self.message_user(request, self.ended_words(relation, takes_off), messages.SUCCESS)
            return HttpResponseRedirect(family_url(shown))
        title = f"{relation.full_name} belongs to {relation.patient} no more?"
        context = self.family_page(request, shown, title) | {"form": form, "relation": relation}
        return render(request, "admin/patients/patient/relation_end.html", context)

    def ended_words(self, relation: RelatedPerson, takes_off: bool) -> str:
        if takes_off:
            return f"{relation.full_name} belongs to {relation.patient} no more."
        day = f"{relation.valid_until:%-d %b %Y}"
        return f"{relation.full_name} belongs to {relation.patient} until {day}."

    def relation_confirm_view(self, request: HttpRequest, patient_id, relation_id) -> HttpResponse:
        shown, relation = self.relation_of(request, patient_id, relation_id, CHANGE)
        try:
            services.confirm(relation, by=request.user)
        except (NotAllowed, ValidationError) as error:
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            self.message_user(request, f"Confirmed: {confirmed_words(relation)}", messages.SUCCESS)
        return HttpResponseRedirect(family_url(shown))

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            relatives = relatives_of(obj, request.user)
            request.relatives = [one.person for one in relatives if one.person is not None]
            may = request.user.has_perm
            context |= {
                "relatives": relatives,
                "is_reached": obj.email or obj.phone or any(map(is_told, relatives)),
                "may_see_family": may(SEE),
                "may_register_family": may(REGISTER) and may(ADD) and not obj.is_deceased,
                "may_relate": may(ADD),
                "may_change_family": may(CHANGE),
                "may_withdraw": may(WITHDRAW),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)


def is_told(relative: Relative) -> bool:
    """Does this one get the messages about the patient whose page it is, now?"""
    relation = relative.relation
    return bool(relation and relation.gets_messages and relative.is_own and relative.holds)


def family_url(patient: Patient) -> str:
    return reverse("admin:patients_patient_change", args=[patient.pk]) + "#record-family"


def confirmed_words(relation: RelatedPerson) -> str:
    word = relation.get_relationship_display().lower()
    may = f", and may act for {relation.patient}" if relation.may_act else ""
    return f"{relation.full_name} is {relation.patient}'s {word}{may}."
