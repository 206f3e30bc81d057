"""Whose pages somebody looks at who is signed in: the own ones, or those of a person acted for.

The session holds who was chosen; whether they are within reach is asked at each request. A form
says whose page it was sent from, and is for that person: in another window another one may have
been chosen meanwhile.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from clinic.text import as_uuid
from patients.models import Patient

CHOSEN = FIELD = "whose"  # In the session, and in a form: the key of a patient.
HOME = settings.LOGIN_REDIRECT_URL
GONE = _("You don't act for that person any more. These pages are your own.")
NOTHING_DONE = _("You don't act for that person any more, so nothing was saved.")

View = Callable[..., HttpResponse]


def of_account(view: View) -> View:
    """The view gets the patient who is signed in. Staff are led to the console."""

    @wraps(view)
    @never_cache
    @login_required
    def wrapper(request: HttpRequest, **kwargs) -> HttpResponse:
        if request.user.is_staff:
            return redirect("admin:index")
        own = Patient.objects.own(request.user).select_related("document").first()
        if own is None:
            raise PermissionDenied
        own.user = request.user  # Whose record it is. Nobody needs to read the account again.
        request.own_patient = own
        return view(request, own, **kwargs)

    return wrapper


def of_patient(view: View) -> View:
    """The view gets the patient whose pages are looked at. Staff are led to the console."""

    @wraps(view)
    @of_account
    def wrapper(request: HttpRequest, own: Patient, **kwargs) -> HttpResponse:
        sent_for = request.POST.get(FIELD, "")
        asked = sent_for or request.session.get(CHOSEN, "")
        patient = own if asked in ("", str(own.pk)) else within_reach(request, asked)
        if patient is None:
            request.session.pop(CHOSEN, None)
            if sent_for:
                messages.warning(request, NOTHING_DONE)
                return redirect(HOME)
            messages.warning(request, GONE)
            patient = own
        turn_to(request, patient)
        return view(request, patient, **kwargs)

    return wrapper


def within_reach(request: HttpRequest, key: str) -> Patient | None:
    """The patient of this key, if it is one for whom the account acts now."""
    pk = as_uuid(key)
    visible = Patient.objects.visible_to(request.user).select_related("document")
    return visible.filter(pk=pk).first() if pk else None


def turn_to(request: HttpRequest, patient: Patient) -> None:
    """From here on, the pages are those of this patient, who is within reach."""
    is_own = patient.pk == request.own_patient.pk
    request.chosen = patient
    request.acts_for = None if is_own else patient
    if is_own:
        request.session.pop(CHOSEN, None)
    elif request.session.get(CHOSEN) != str(patient.pk):
        request.session[CHOSEN] = str(patient.pk)


def said_of(request: HttpRequest, own: str, other: str, **more: object) -> str:
    """The sentence about the patient chosen, which says the name where that is somebody else.
    `more` is what else the two name."""
    if request.acts_for:
        return other % {"name": request.acts_for.called, **more}
    return own % more if more else own


@require_POST
@of_account
def choose_whose(request: HttpRequest, own: Patient) -> HttpResponse:
    """Look at the pages of somebody else, or at the own ones again."""
    pk = as_uuid(request.POST.get("patient", ""))
    if pk is None:
        raise Http404
    turn_to(request, get_object_or_404(Patient.objects.visible_to(request.user), pk=pk))
    return redirect(page_for_all(request.POST.get("next", "")))


def page_for_all(address: str) -> str:
    """The page of before, where it is one that each person has; else the first one."""
    if not (address.startswith("/me/") and url_has_allowed_host_and_scheme(address, None)):
        return HOME
    try:
        page = resolve(urlsplit(address).path)
    except Resolver404:
        return HOME
    return HOME if page.kwargs else address
