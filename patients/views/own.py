"""The patients' own pages: what the clinic holds on them, and what they may change of it."""

import math
import time

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import AccessLog
from accounts.services import email_changes, verification
from accounts.services.access import note_read
from accounts.views.link_tokens import forget_token, taken_from_address, token_at_hand
from clinic import sms
from clinic.errors import NotAllowed
from clinic.web.limits import seconds_to_wait
from clinic.web.views import sent, told_to_wait, too_many_requests
from patients import services
from patients.forms.registration import CodeForm, ContactForm, DependantContactForm, PhotoForm
from patients.models import Patient
from patients.photos.handing_out import photo_answer
from patients.services import consents
from patients.views.whose import HOME, of_account, of_patient, said_of

Action = AccessLog.Action
CODE_ASKED, CODE_TAKES = "phone_code_asked", 60  # Seconds until a code has left, or has not.
LINK_SENT = _(
    "A link is on its way to %(email)s. Until you have confirmed it, the old address counts."
)
ACCESSES_A_PAGE = 30

page = require_http_methods(["GET", "HEAD", "POST"])


@require_POST
@of_account
def resend_verification(request: HttpRequest, patient: Patient) -> HttpResponse:
    if wait := seconds_to_wait(request, "resend"):
        return too_many_requests(request, wait)
    try:
        verification.send_link_again(request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        done = _("A new mail is on its way to %(email)s.") % {"email": request.user.email}
        messages.success(request, done)
    return redirect(HOME)


@require_POST
@of_account
def send_phone_code(request: HttpRequest, patient: Patient) -> HttpResponse:
    if wait := seconds_to_wait(request, "phone_code"):
        return too_many_requests(request, wait, no_code_sent(math.ceil(wait / 60)))
    try:
        verification.send_phone_code(request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
        return redirect(HOME)
    request.session[CODE_ASKED] = time.time()
    return redirect("patients:verify_phone")


def no_code_sent(minutes: int) -> str:
    words = ngettext(
        "No code was sent: you have asked for many in a short time. "
        "Please try again in %(minutes)s minute.",
        "No code was sent: you have asked for many in a short time. "
        "Please try again in %(minutes)s minutes.",
        minutes,
    )
    return words % {"minutes": minutes}


@page
@of_account
def verify_phone(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Enter the code of the text message."""
    if patient.phone_verified_at:
        return redirect(HOME)
    form = CodeForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            verification.verify_phone(request.user, form.cleaned_data["code"])
        except ValidationError as error:
            form.add_faults(error)
        else:
            messages.success(request, _("Thank you. Your phone number is confirmed."))
            return redirect(HOME)
    code = verification.code_at_hand(request.user)
    context = {
        "form": form,
        "patient": patient,
        "code": code,
        "is_owed": code is None and time.time() - request.session.get(CODE_ASKED, 0) < CODE_TAKES,
        "sends_texts": sms.is_set_up(),
    }
    return render(request, "patients/verify_phone.html", context)


@require_safe
@of_patient
def profile(request: HttpRequest, patient: Patient) -> HttpResponse:
    note_read(request, Action.READ, [patient.pk])
    return render(request, "patients/profile.html", {"patient": patient})


@page
@of_patient
def consent(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Agree to the privacy notice, or withdraw that."""
    if request.method == "POST":
        agrees = "agrees" in request.POST
        try:
            consents.set_consent(patient, request.user, agrees=agrees)
        except (ValidationError, NotAllowed) as error:
            messages.warning(request, " ".join(getattr(error, "messages", [str(error)])))
        else:
            done = _("Your consent is noted.") if agrees else _("Your consent is withdrawn.")
            messages.success(request, done)
        return redirect("patients:profile")
    note_read(request, Action.READ, [patient.pk])
    return render(request, "patients/consent.html", {"patient": patient})


@page
@of_patient
def change_contact(request: HttpRequest, patient: Patient) -> HttpResponse:
    note_read(request, Action.READ, [patient.pk])
    tries_password = bool(request.POST.get("current_password"))
    if tries_password and (wait := seconds_to_wait(request, "password_change")):
        return too_many_requests(request, wait)
    kind = DependantContactForm if request.acts_for else ContactForm
    form = kind(sent(request), instance=patient)
    if request.method == "POST" and form.is_valid():
        password = form.cleaned_data.get("current_password")
        asked = form.instance.email
        try:
            saved = services.change(form.instance, by=request.user, current_password=password)
        except ValidationError as error:
            form.add_faults(error)
        except NotAllowed as error:
            messages.warning(request, str(error))
            return redirect(HOME)
        else:
            done = said_of(
                request, _("Your details are saved."), _("The details of %(name)s are saved.")
            )
            messages.success(request, done)
            if asked != saved.email:
                messages.success(request, LINK_SENT % {"email": asked})
            return redirect("patients:profile")
    return render(request, "patients/change_contact.html", {"form": form})


@require_POST
@of_account
def resend_email_change(request: HttpRequest, patient: Patient) -> HttpResponse:
    if wait := seconds_to_wait(request, "resend"):
        return too_many_requests(request, wait)
    try:
        waiting = email_changes.send_again(request.user)
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, LINK_SENT % {"email": waiting.email})
    return redirect("patients:profile")


@require_POST
@of_account
def cancel_email_change(request: HttpRequest, patient: Patient) -> HttpResponse:
    email_changes.forget(request.user)
    messages.success(request, _("Your e-mail address stays as it is."))
    return redirect("patients:profile")


@never_cache
@page
def confirm_email(request: HttpRequest) -> HttpResponse:
    """Confirm a new address by a button: programs that look into mails open the link, too."""
    if way_on := taken_from_address(request):
        return way_on
    token, taken = token_at_hand(request), False
    if request.method == "POST" and token:
        if wait := seconds_to_wait(request, "verify"):
            return too_many_requests(request, wait)
        try:
            services.confirm_address(token)
        except ValidationError as error:
            taken, token = "email" in error.error_dict, ""
        else:
            messages.success(request, _("Thank you. You sign in with the new address from now on."))
            return forget_token(request, redirect(HOME))
    if not token:
        context = {"taken": taken}
        answer = render(request, "patients/dead_email_change.html", context, status=410)
        return forget_token(request, answer)
    return render(request, "patients/confirm_email.html")


@require_safe
@of_patient
def photo(request: HttpRequest, patient: Patient) -> HttpResponse:
    """The photo of the patient's own identity document."""
    document = getattr(patient, "document", None)
    if document is None:
        raise Http404
    note_read(request, Action.DOCUMENT, [patient.pk])
    return photo_answer(request, document)


@page
@of_patient
def replace_photo(request: HttpRequest, patient: Patient) -> HttpResponse:
    form = PhotoForm(sent(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        services.replace_document(patient, form.cleaned_data["document_photo"], by=request.user)
        messages.success(request, _("The new photo is saved."))
        return redirect("patients:profile")
    shown = render(request, "patients/replace_photo.html", {"form": form, "patient": patient})
    return told_to_wait(shown, form)


@require_safe
@of_patient
def access(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Who has seen the patient's record; the patient too, where that is asked for."""
    rows = AccessLog.objects.about(*patient.own_ids())
    with_own = "own" in request.GET
    if not with_own:
        rows = rows.exclude(user=request.user)
    shown = Paginator(rows, ACCESSES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "patients/access.html", {"page": shown, "with_own": with_own})
