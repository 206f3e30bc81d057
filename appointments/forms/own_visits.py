"""What patients fill in about their own visits and their place on the waitlist."""

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment, AppointmentChange, WaitlistEntry
from appointments.transitions import CancelReason
from clinic.forms import FaultsMixin

REASONS = [
    (CancelReason.PATIENT, _("I can't come then")),
    (CancelReason.FEELING_BETTER, _("I feel better")),
    (CancelReason.TRANSPORT, _("I can't get to the clinic")),
    (CancelReason.MOVED_AWAY, _("I have moved away")),
    (CancelReason.OTHER, _("Something else")),
]


class VisitForm(FaultsMixin, forms.ModelForm):
    """What a visit is about. Doctor and time stand in the address; the service checks them."""

    class Meta:
        model = Appointment
        fields = ("reason",)
        labels = {"reason": _("What is it about?")}
        help_texts = {
            "reason": _(
                "A few words help the doctor to prepare. The doctor and the front desk read them."
            )
        }
        widgets = {"reason": forms.Textarea({"rows": 3, "dir": "auto"})}

    def validate_constraints(self):
        """The service does, once it holds the calendar."""


class CancelForm(FaultsMixin, forms.ModelForm):
    """Why a visit is cancelled: a code, and words of one's own."""

    reason_code = forms.ChoiceField(
        label=_("Why do you cancel?"),
        choices=REASONS,
        widget=forms.RadioSelect,
    )

    class Meta:
        model = AppointmentChange
        fields = ("reason_code", "reason")
        labels = {"reason": _("Anything the clinic should know?")}
        widgets = {"reason": forms.Textarea({"rows": 3, "dir": "auto"})}


class WaitForm(FaultsMixin, forms.ModelForm):
    """On which days, and at what time of the day, a visit would suit."""

    class Meta:
        model = WaitlistEntry
        fields = ("from_date", "to_date", "earliest", "latest")
        labels = {
            "from_date": _("First day that suits"),
            "to_date": _("Last day that suits"),
            "earliest": _("Not before"),
            "latest": _("Starting at the latest"),
        }
        help_texts = dict.fromkeys(fields, "")
        widgets = {
            "from_date": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "to_date": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "earliest": forms.TimeInput({"type": "time", "step": 300}, format="%H:%M"),
            "latest": forms.TimeInput({"type": "time", "step": 300}, format="%H:%M"),
        }

    def validate_constraints(self):
        """The service does, as it saves."""
