"""The family of a patient, and who cares for whom: shown, registered, withdrawn."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import AccessLog
from accounts.services.access import note_read
from clinic.errors import NotAllowed
from clinic.web.views import sent
from patients import services
from patients.forms.dependants import DependantForm
from patients.models import Patient, RelatedPerson
from patients.views.whose import HOME, of_account, of_patient, turn_to

READ = AccessLog.Action.READ
REGISTERED = _("%(name)s is registered. You can book visits for %(name)s now.")
WAITS = _(
    "%(name)s is registered. As soon as the front desk has confirmed that you act for %(name)s, "
    "you book visits here."
)
page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@of_patient
def people(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Who acts for the patient; on the own page also for whom the patient acts."""
    relations = RelatedPerson.objects.valid().select_related("patient", "related_patient")
    acting = RelatedPerson.objects.acting()
    cared_for = relations.filter(
        Q(pk__in=acting.values("pk")) | Q(pk__in=RelatedPerson.objects.unconfirmed().values("pk")),
        related_patient=request.own_patient,
    )
    cared_for = [] if request.acts_for else list(cared_for.order_by("patient__sort_name"))
    around = list(relations.filter(patient=patient))
    note_read(request, READ, [patient.pk, *(one.patient_id for one in cared_for)])
    acts = set(acting.filter(patient=patient).values_list("pk", flat=True)) if around else set()
    acts |= {one.pk for one in cared_for if one.may_act}
    context = {"patient": patient, "around": around, "cared_for": cared_for, "acts": acts}
    return render(request, "patients/people.html", context)


@page
@of_account
def add_person(request: HttpRequest, own: Patient) -> HttpResponse:
    """Register a child, or somebody whom the patient cares for."""
    form = DependantForm(sent(request), initial={"last_name": own.last_name})
    if request.method == "POST" and form.is_valid():
        patient = form.save(commit=False)
        patient.has_consented = True
        try:
            relation = services.register_dependant(
                patient, form.cleaned_data["relationship"], by=request.user
            )
        except ValidationError as error:
            form.add_faults(error)
        except NotAllowed as error:
            messages.warning(request, str(error))
        else:
            return welcome(request, relation)
    return render(request, "patients/add_person.html", {"form": form})


def welcome(request: HttpRequest, relation: RelatedPerson) -> HttpResponse:
    names = {"name": relation.patient.called_by_first_name}
    if not relation.may_act:
        messages.info(request, WAITS % names)
        return redirect("patients:people")
    messages.success(request, REGISTERED % names)
    turn_to(request, relation.patient)
    return redirect(HOME)


@page
@of_account
def withdraw_person(request: HttpRequest, own: Patient, relation_id: UUID) -> HttpResponse:
    """Ask whether somebody shall really act no more, for the patient or the patient for them."""
    theirs = Q(patient=own) | Q(related_patient=own)
    relations = RelatedPerson.objects.select_related("patient", "related_patient")
    relation = get_object_or_404(relations.filter(theirs), pk=relation_id)
    if request.method == "POST":
        try:
            services.withdraw(relation, by=request.user)
        except (ValidationError, NotAllowed) as error:
            messages.warning(request, " ".join(getattr(error, "messages", [str(error)])))
        else:
            messages.success(request, _("It is withdrawn."))
        turn_to(request, own)
        return redirect("patients:people")
    note_read(request, READ, [relation.patient_id])
    is_mine = relation.patient_id == own.pk
    context = {"relation": relation, "is_mine": is_mine}
    return render(request, "patients/withdraw_person.html", context)
