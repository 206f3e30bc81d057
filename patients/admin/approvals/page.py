"""The console's page of what waits, with what can be done about it in one click."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import AccessLog, User
from accounts.services import verification
from accounts.services.access import note_read
from clinic.console import menu
from clinic.console.parts import sentence
from doctors import services as doctors_services
from doctors.models import Doctor
from patients import services
from patients.admin.approvals import waiting
from patients.admin.approvals.waiting import Kind
from patients.admin.family.pages import confirmed_words
from patients.admin.merging import merge_url
from patients.models import Invitation, Patient, RelatedPerson

menu.counts("approvals")(waiting.waiting)
SHOWN = 25  # Of each kind, on a page.
# What a row needs beside itself.
RELATED = {
    "photos": ("patient",),
    "registrations": ("user",),
    "duplicates": ("first", "second"),
    "relations": ("patient", "related_patient"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def approvals_view(request: HttpRequest) -> HttpResponse:
    if not waiting.may_see(request.user):
        raise PermissionDenied
    if request.method == "POST":
        return act(request)
    sections = [section(request, kind) for kind in waiting.kinds_for(request.user)]
    note_patients(request, sections)
    context = admin.site.each_context(request) | {"title": "Approvals", "sections": sections}
    return render(request, "admin/patients/approvals.html", context)


def section(request: HttpRequest, kind: Kind) -> dict:
    """A page of a kind, the first to be decided on first. Each kind has a page number of its own
    in the address: what makes no sense is the first page, what is beyond the last one that."""
    rows = kind.rows(request.user).select_related(*RELATED.get(kind.name, ()))
    asked = request.GET.get(kind.name)
    few = list(rows[:SHOWN]) if asked is None else None
    if few is not None and len(few) < SHOWN:  # All there are: nothing is counted.
        page = Paginator(few, SHOWN).get_page(1)
    else:
        page = Paginator(rows, SHOWN).get_page(asked)
    shown = list(page)
    if kind.name == "duplicates":
        for pair in shown:
            pair.url = merge_url(pair)
    if kind.name == "relations":
        for relation in shown:
            relation.is_of_minor = services.is_minor(relation.patient)
    return {
        "kind": kind,
        "rows": shown,
        "count": page.paginator.count,
        "page": page,
        "before": page.has_previous() and address_of(request, kind, page.previous_page_number()),
        "after": page.has_next() and address_of(request, kind, page.next_page_number()),
    }


def address_of(request: HttpRequest, kind: Kind, number: int) -> str:
    """This page of the kind, and of the others the pages that are open."""
    asked = request.GET.copy()
    asked[kind.name] = str(number)
    return f"?{asked.urlencode()}#{kind.name}"


def note_patients(request: HttpRequest, sections: list[dict]) -> None:
    """Note whose names were read here."""
    of = {
        "photos": lambda photo: [photo.patient_id],
        "registrations": lambda patient: [patient.pk],
        "duplicates": lambda pair: [pair.first_id, pair.second_id],
        "relations": lambda relation: [relation.patient_id, relation.related_patient_id],
        "of_age": lambda patient: [patient.pk],
    }
    keys: set = set()
    for one in sections:
        if one["kind"].name in of:
            keys.update(key for row in one["rows"] for key in of[one["kind"].name](row))
    note_read(request, AccessLog.Action.LIST, list(keys))


def act(request: HttpRequest) -> HttpResponse:
    """Do what a button of the page says to the record that it names."""
    action, _, key = request.POST.get("do", "").partition(":")
    if action not in ACTIONS:
        raise Http404
    permission, model, do = ACTIONS[action]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    try:
        record = model.objects.visible_to(request.user).filter(pk=key).first()
    except ValidationError:  # It is no key at all.
        record = None
    if record is None:
        raise Http404
    try:
        messages.success(request, do(record, request.user))
    except ValidationError as error:
        messages.error(request, sentence(error))
    return redirect(request.get_full_path())  # The pages that were open.


def approve_item(doctor: Doctor, by: User) -> str:
    doctors_services.approve(doctor, by=by)
    return f"{doctor} is approved, and gets a link to choose a password."


def reject_item(doctor: Doctor, by: User) -> str:
    name = str(doctor)
    doctors_services.reject(doctor, by=by)
    return f"The application of {name} is rejected. {name} is told by mail."


def resend(patient: Patient, by: User) -> str:
    if patient.user is None or patient.email_verified_at is not None:
        raise ValidationError(f"{patient} has nothing to confirm.")
    verification.send_link_again(patient.user)
    return f"A new link is on its way to {patient.user.email}."


def confirm_item(relation: RelatedPerson, by: User) -> str:
    services.confirm(relation, by=by)
    return f"Confirmed: {confirmed_words(relation)}"


def refuse_item(relation: RelatedPerson, by: User) -> str:
    services.withdraw(relation, by=by)
    return f"Refused: {relation.full_name} doesn't act for {relation.patient}."


def invite_by_mail(patient: Patient, by: User) -> str:
    services.invite_patient(patient, Invitation.Channel.MAIL, by=by)
    return f"An invitation goes to {patient.email}."


ACTIONS: dict[str, tuple[str, Any, Callable[[Any, User], str]]] = {
    "approve": ("doctors.approve_doctor", Doctor, approve_item),
    "reject": ("doctors.approve_doctor", Doctor, reject_item),
    "confirm": ("patients.change_relatedperson", RelatedPerson, confirm_item),
    "refuse": ("patients.delete_relatedperson", RelatedPerson, refuse_item),
    "invite": ("patients.invite_patient", Patient, invite_by_mail),
    "resend": ("patients.change_patient", Patient, resend),
}
