"""The console's buttons that invite a patient to open an account, and the sheet that is printed."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.admin.reads import PagesNoted
from accounts.models import AccessLog, SignIn
from accounts.services.access import note_read
from clinic import sms
from clinic.console.parts import ServiceAdmin, sentence
from clinic.console.qr_codes import qr_squares
from patients import services
from patients.models import Invitation, Patient
from patients.one_time import CLAIM_PATH, DECEASED, NO_BIRTH_DATE, claim_link

INVITE = "patients.invite_patient"
Channel = Invitation.Channel


class InvitationPages(PagesNoted, ServiceAdmin):
    """An admin of patients, who may be on record without an account."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(never_cache(self.invite_view)))
        own = path("<uuid:patient_id>/invite/", view, name="patients_patient_invite")
        return [own, *super().get_urls()]

    def invite_view(self, request: HttpRequest, patient_id) -> HttpResponse:
        if not request.user.has_perm(INVITE):
            raise PermissionDenied
        patient = self.get_queryset(request).filter(pk=patient_id).first()
        if patient is None:
            raise Http404
        channel = request.POST.get("channel")
        try:
            if channel == Channel.PAPER:
                return self.sheet(request, *services.invite_on_paper(patient, by=request.user))
            channel = Channel.TEXT if channel == Channel.TEXT else Channel.MAIL
            services.invite_patient(patient, channel, by=request.user)
        except ValidationError as error:
            self.message_user(request, sentence(error), messages.ERROR)
        else:
            to = patient.phone.as_international if channel == Channel.TEXT else patient.email
            self.message_user(request, f"An invitation goes to {to}.", messages.SUCCESS)
        return redirect("admin:patients_patient_change", patient_id)

    def sheet(self, request: HttpRequest, invitation: Invitation, code: str) -> HttpResponse:
        """The code on paper, in the patient's language. Nobody can show it again."""
        note_read(request, AccessLog.Action.READ, [invitation.patient_id])
        size, squares = qr_squares(claim_link(code))
        context = {
            "invitation": invitation,
            "patient": invitation.patient,
            "code": code,
            "address": f"{settings.CLINIC_URL}{CLAIM_PATH}",
            "qr_size": size,
            "qr_squares": squares,
        }
        return render(request, "admin/patients/patient/invitation.html", context)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            context |= account_state(obj) | {
                "may_invite": request.user.has_perm(INVITE),
                "sends_texts": sms.is_set_up(),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)


def account_state(patient: Patient) -> dict:
    """What the patient's page says of the account: when it was used last, or who was invited."""
    if patient.user_id is not None:
        seen = SignIn.objects.filter(user=patient.user_id).order_by("-last_used_at").first()
        return {"last_seen": seen and seen.last_used_at, "account": patient.user}
    latest = Invitation.objects.filter(patient=patient).select_related("created_by").first()
    is_over = latest and (latest.ended_at or latest.expires_at <= timezone.now())
    fault = "" if patient.date_of_birth else NO_BIRTH_DATE
    fault = DECEASED if patient.is_deceased else fault
    return {"claim_fault": fault, "invitation": latest, "is_over": is_over}
