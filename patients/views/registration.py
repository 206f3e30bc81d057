"""The pages on which patients register themselves."""

import math
from contextlib import suppress

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services.concealment import conceals
from clinic import languages
from clinic.web.languages import SWITCH, remember_language
from clinic.web.limits import seconds_to_wait
from clinic.web.views import told_to_wait
from patients import services
from patients.forms.registration import RegistrationForm
from patients.models import Patient
from patients.photos import CleanPhoto, clean_photo
from patients.services.kept_photos import KeptPhoto, find_photo, forget_photo, keep_photo

REGISTERED = "registered"
# It carries the thanks to the next page.
REGISTERED_COOKIE = f"{settings.PAGE_COOKIE_PREFIX}{REGISTERED}"
REGISTERED_SECONDS = 15 * 60


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register_patient(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show_form(request, RegistrationForm())
    kept = find_photo(request.POST.get("kept_photo", ""))
    if languages.is_known(request.POST.get(SWITCH, "")):
        return show_in_language(request, kept)
    wait = seconds_to_wait(request, "register")
    if wait:  # Nothing is checked, but what was typed stays.
        form = RegistrationForm.unchecked(request.POST)
        form.keep_photo(kept)
        response = show_form(request, form, status=429, wait_minutes=math.ceil(wait / 60))
        response["Retry-After"] = str(wait)
        return response
    form = RegistrationForm(request.POST, request.FILES)
    form.keep_photo(kept)
    if patient := registered_patient(form):
        if kept:
            forget_photo(kept)
        return thank(patient)
    form.keep_photo(photo_to_keep(request, form.cleaned_data.get("document_photo"), kept))
    return show_form(request, form)


def photo_to_keep(
    request: HttpRequest, chosen: CleanPhoto | None, kept: KeptPhoto | None
) -> KeptPhoto | None:
    """What is kept of a registration that is not done: the photo that was chosen last."""
    if chosen is None or (kept and chosen is kept.photo):
        return kept
    if seconds_to_wait(request, "kept_photo"):
        return None
    if kept:
        forget_photo(kept)
    return keep_photo(chosen)


def show_in_language(request: HttpRequest, kept: KeptPhoto | None) -> HttpResponse:
    """The form in another language with all that was typed, and the photo if it is a good one."""
    chosen = None
    with suppress(KeyError, ValidationError):
        chosen = clean_photo(request.FILES["document_photo"])
    with languages.spoken(request.POST[SWITCH]):
        form = RegistrationForm.unchecked(request.POST)
        form.keep_photo(photo_to_keep(request, chosen, kept))
        return remember_language(show_form(request, form), request.POST[SWITCH])


@never_cache
@require_safe
def registered(request: HttpRequest) -> HttpResponse:
    """Thanks and the record number, for a quarter of an hour after the registration."""
    try:
        thanks = signing.loads(
            request.COOKIES.get(REGISTERED_COOKIE, ""), salt=REGISTERED, max_age=REGISTERED_SECONDS
        )
    except signing.BadSignature:
        return redirect("patients:register")
    return render(request, "patients/registered.html", thanks)


def registered_patient(form: RegistrationForm) -> Patient | None:
    """Register the patient of the form. None where there are faults, all of them in the form."""
    is_valid = form.is_valid()
    patient, given = form.instance, form.cleaned_data
    try:
        if is_valid:
            patient.language = languages.current()
            patient.has_consented = True
            return services.register_with_account(
                patient, given["password"], given["document_photo"]
            )
        services.check_account_registration(patient, given.get("password", ""))
    except ValidationError as error:
        form.add_faults(error)
    return None


def show_form(
    request: HttpRequest, form: RegistrationForm, status: int = 200, **more
) -> HttpResponse:
    page = render(request, "patients/register.html", {"form": form, **more}, status=status)
    return told_to_wait(page, form)


def thank(patient: Patient) -> HttpResponse:
    """Redirect to the thanks, which are kept by the browser: no id of a patient in an address."""
    response = redirect("patients:registered")
    response.set_cookie(
        REGISTERED_COOKIE,
        signing.dumps(
            {
                "name": patient.first_name or patient.last_name,
                "email": patient.email,
                # Where it is concealed who is known, nobody sees more than what they sent.
                "record_number": "" if conceals() else patient.record_number,
            },
            salt=REGISTERED,
        ),
        max_age=REGISTERED_SECONDS,
        path=reverse("patients:registered"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
