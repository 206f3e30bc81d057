"""What the keys and codes of an export are called on its readable copy."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from accounts.models import AccessLog
from accounts.roles import Role
from appointments.transitions import Status
from patients.models import Patient, RelatedPerson

# By where they stand in the export; those of a key alone hold wherever it stands.
LABELS: dict[str, Any] = {
    "record": _("Your details"),
    "record.address": _("Address"),
    "record.emergency_contact": _("In an emergency"),
    "record.insurance_info": _("Health insurance"),
    "document": _("Photo of your ID"),
    "doctors": _("Your doctors"),
    "related_persons": _("Who belongs to you"),
    "doctors.name": _("Name"),
    "appointments": _("Visits"),
    "appointments.history": _("What happened to this visit"),
    "appointments.history.reason": _("Reason"),
    "appointments.history.at": _("When"),
    "notifications": _("Messages to you"),
    "access_log": _("Who saw my record"),
    "access_log.at": _("When"),
    "account": _("Your account"),
    "account.first_name": _("First name"),
    "sign_ins": _("Signed-in devices"),
    "sign_ins.door": _("Signed in by"),
    "sign_ins.address": _("Internet address"),
    "record_number": _("Record number"),
    "id": _("Id"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "preferred_name": _("What you want to be called"),
    "former_names": _("Former names"),
    "date_of_birth": _("Date of birth"),
    "is_deceased": _("Deceased"),
    "deceased_on": _("Day of death"),
    "gender": _("Gender"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "language": _("Language"),
    "email_verified_at": _("E-mail confirmed"),
    "phone_verified_at": _("Phone confirmed"),
    "consented_at": _("Consent given"),
    "consent_version": _("Version of the privacy notice"),
    "consent_withdrawn_at": _("Consent withdrawn"),
    "restricted_at": _("Restricted since"),
    "restriction_reason": _("Why it is restricted"),
    "created_at": _("Entered"),
    "updated_at": _("Last changed"),
    "street": _("Street and number"),
    "zip": _("Postal code"),
    "city": _("City"),
    "state": _("State or region"),
    "country": _("Country"),
    "name": _("Name"),
    "relationship": _("Relationship"),
    "may_act": _("Acts for you"),
    "gets_messages": _("Gets your messages"),
    "valid_until": _("Valid until"),
    "confirmed_at": _("Confirmed"),
    "provider": _("Company"),
    "policy_number": _("Policy number"),
    "medical_history": _("Medical history"),
    "content_type": _("Kind of file"),
    "width": _("Width in pixels"),
    "height": _("Height in pixels"),
    "uploaded_at": _("Sent on"),
    "content_base64": _("The photo of your ID that we hold"),
    "assigned_at": _("Since"),
    "event": _("About"),
    "recipient": _("To"),
    "status": _("State"),
    "sent_at": _("Sent on"),
    "action": _("What was done"),
    "door": _("By way of"),
    "by": _("By whom"),
    "role": _("Role"),
    "is_active": _("Active"),
    "date_joined": _("Since"),
    "last_login": _("Last sign-in"),
    "started_at": _("Begun"),
    "last_used_at": _("Last used"),
    "expires_at": _("Valid until"),
    "ended_at": _("Ended"),
    "ended_because": _("Why it ended"),
    "user_agent": _("Program"),
    "starts_at": _("Start"),
    "ends_at": _("End"),
    "reason": _("What is it about?"),
    "overbook_reason": _("Why it was booked over others"),
    "booked_at": _("Booked on"),
    "doctor": _("Doctor"),
    "service": _("What it is"),
    "location": _("Where"),
    "resources": _("Rooms and equipment"),
    "price": _("Price"),
    "from_status": _("State before"),
    "to_status": _("State after"),
    "to_starts_at": _("New start"),
    "to_ends_at": _("New end"),
}
DOORS = {
    "web": _("Browser"),
    "site": _("Patients' pages"),
    "api": _("Another program"),
    "admin": _("The clinic's console"),
    "command": _("A command of the clinic's technicians"),
}
CODES: dict[str, Mapping[str, Any]] = {
    "record.gender": dict(Patient.Gender.choices),
    "record.language": dict(settings.LANGUAGES),
    "related_persons.relationship": dict(RelatedPerson.Relationship.choices),
    "account.role": dict(Role.choices),
    "access_log.role": dict(Role.choices),
    "access_log.action": dict(AccessLog.Action.choices),
    "access_log.door": DOORS,
    "sign_ins.door": DOORS,
    "sign_ins.ended_because": {
        "signed_out": _("Signed out"),
        "by_user": _("Ended from another device"),
        "password": _("The password was changed"),
        "reused": _("A used token came back"),
        "deactivated": _("The account was changed"),
    },
    "appointments.status": dict(Status.choices),
    "appointments.history.from_status": dict(Status.choices),
    "appointments.history.to_status": dict(Status.choices),
    "notifications.status": {
        "owed": _("On its way"),
        "sent": _("Sent"),
        "failed": _("Could not be delivered"),
        "outdated": _("Not sent: out of date"),
    },
    "notifications.event": {  # By what stands before the first colon.
        "patient_registered": _("Your registration"),
        "registration_repeated": _("A second registration"),
        "verify_email": _("Confirming your e-mail address"),
        "email_changed": _("A new e-mail address"),
        "phone_changed": _("A new phone number"),
        "password_changed": _("A new password"),
        "document_refused": _("The photo of your ID"),
        "appointment_booked": _("A booked visit"),
        "appointment_moved": _("A moved visit"),
        "appointment_cancelled": _("A cancelled visit"),
        "appointment_restored": _("A visit that stands after all"),
        "appointment_reminder": _("A reminder of a visit"),
        "waitlist_offer": _("A time that became free"),
        "locked": _("Your account was locked"),
    },
}


def label_of(where: str) -> str:
    """What stands there, in the language that is spoken; KeyError where nobody has named it."""
    return str(LABELS[where] if where in LABELS else LABELS[where.rpartition(".")[2]])


def word_for(where: str, code: str) -> str:
    """The word for a code, or what is written there as it is."""
    if where == "record.address.country":
        return f"{countries.name(code)} ({code})" if code else ""
    words = CODES.get(where, {})
    return str(words.get(code.partition(":")[0] if ":" in code else code, code))
