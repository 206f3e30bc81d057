"""The pages on which patients register themselves."""

import math

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from clinic import languages
from clinic.web.limits import seconds_to_wait
from patients import services
from patients.forms.registration import RegistrationForm
from patients.models import Patient

REGISTERED = "registered"  # The cookie that carries the thanks to the next page.
REGISTERED_SECONDS = 15 * 60


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def register_patient(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show_form(request, RegistrationForm())
    wait = seconds_to_wait(request, "register")
    if wait:  # Nothing is checked, but what was typed stays.
        form = RegistrationForm.unchecked(request.POST)
        response = show_form(request, form, status=429, wait_minutes=math.ceil(wait / 60))
        response["Retry-After"] = str(wait)
        return response
    form = RegistrationForm(request.POST, request.FILES)
    patient = registered_patient(form)
    return thank(patient) if patient else show_form(request, form)


@never_cache
@require_safe
def registered(request: HttpRequest) -> HttpResponse:
    """Thanks and the record number, for a quarter of an hour after the registration."""
    try:
        thanks = signing.loads(
            request.COOKIES.get(REGISTERED, ""), salt=REGISTERED, max_age=REGISTERED_SECONDS
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
            patient.consented_at = timezone.now()
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
    return render(request, "patients/register.html", {"form": form, **more}, status=status)


def thank(patient: Patient) -> HttpResponse:
    """Redirect to the thanks, which are kept by the browser: no id of a patient in an address."""
    response = redirect("patients:registered")
    response.set_cookie(
        REGISTERED,
        signing.dumps(
            {
                "name": patient.first_name or patient.last_name,
                "email": patient.email,
                # Where it is concealed who is known, nobody sees more than what they sent.
                "record_number": "" if services.conceals() else patient.record_number,
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
