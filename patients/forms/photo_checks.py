"""The form by which the front desk checks the photo of an identity document."""

from django import forms
from django.core.exceptions import ValidationError

from clinic.forms import ShownAgainMixin
from patients import services
from patients.models import IdentityDocument

VERIFY, REFUSE = "verify", "refuse"
USUAL_REASONS = (
    "The photo is too blurred to read.",
    "Part of the document is cut off.",
    "The photo is too dark.",
    "The document has expired.",
    "The name is not the one you registered with.",
    "This is not an identity document.",
)


class CheckForm(ShownAgainMixin, forms.Form):
    decision = forms.ChoiceField(choices=[(VERIFY, "Verify"), (REFUSE, "Refuse")])
    document_type = forms.ChoiceField(
        label="Type of document",
        required=False,
        choices=[("", "Choose…"), *IdentityDocument.DocumentType.choices],
    )
    expires_on = forms.DateField(
        label="Valid until",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    refusal_reason = forms.CharField(
        label="Reason, if refused",
        required=False,
        max_length=300,
        help_text="The patient gets it by mail.",
        widget=forms.TextInput(attrs={"list": "usual-reasons", "class": "vTextField"}),
    )
    # The photo that was looked at: there may be a newer one.
    seen = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, document: IdentityDocument):
        self.document = document
        names = ("document_type", "expires_on", "refusal_reason")
        initial = {name: getattr(document, name) for name in names}
        super().__init__(data, initial={"seen": document.pk, **initial})

    def decide(self, by) -> IdentityDocument | None:
        """Do what was decided. None where it was refused: the form says why then."""
        given = self.cleaned_data
        about = {name: given[name] for name in ("document_type", "expires_on")}
        seen = IdentityDocument(pk=given["seen"], patient=self.document.patient)
        if seen.pk != self.document.pk:
            self.add_error(None, "There is a newer photo: look at this one.")
            return None
        try:
            if given["decision"] == VERIFY:
                return services.verify_document(seen, **about, by=by)
            return services.refuse_document(seen, given["refusal_reason"], by, **about)
        except ValidationError as error:
            self.add_error(None, error)
        return None
