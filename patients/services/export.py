"""What is held on a patient beside the appointments, for whoever may have it."""

from base64 import b64encode
from typing import Any

from django.db.models import Q

from accounts.models import AccessLog, User
from accounts.services import export as accounts_export
from clinic.models import Notification
from patients.models import Patient

OF_RECORDS = (
    "id",
    "record_number",
    "first_name",
    "last_name",
    "preferred_name",
    "former_names",
    "date_of_birth",
    "gender",
    "email",
    "phone",
    "language",
    "email_verified_at",
    "phone_verified_at",
    "consented_at",
    "consent_version",
    "consent_withdrawn_at",
    "restricted_at",
    "restriction_reason",
    "created_at",
    "updated_at",
)
OF_THE_DECEASED = ("is_deceased", "deceased_on")
OF_MAILS = ("event", "recipient", "status", "created_at", "sent_at")
OF_RELATIONS = ("relationship", "may_act", "gets_messages", "valid_until", "confirmed_at")
OF_ADDRESSES = ("street", "zip", "city", "state", "country")


def collect_patient(patient: Patient, by: User) -> dict[str, Any]:
    """The record and its photo; and for the patient and administrators, who read it, the mails,
    the account and its sign-ins. Who acts for the patient gets nothing of the account."""
    data = {
        "record": exported_record(patient),
        "document": document(patient) if by.has_perm("patients.view_identitydocument") else None,
        "doctors": [
            {"name": str(care.doctor), "assigned_at": care.assigned_at}
            for care in patient.care_assignments.select_related("doctor")
        ],
        "related_persons": related_persons(patient),
    }
    reads_all = by.pk == patient.user_id or by.has_perm("accounts.view_accesslog")
    if reads_all or not by.is_staff:
        data |= {"notifications": notifications(patient), "access_log": accesses(patient)}
    if reads_all:
        data |= accounts_export.collect_account(patient.user)
    return data


def related_persons(patient: Patient) -> list[dict[str, Any]]:
    """Who belongs to the patient: the name alone, what else is known of them is theirs."""
    related = patient.related_persons.select_related("related_patient")
    return [
        {
            "name": relation.full_name,
            **{name: getattr(relation, name) for name in OF_RELATIONS},
        }
        for relation in related
    ]


def exported_record(patient: Patient) -> dict[str, Any]:
    history = patient.medical_history
    names = OF_RECORDS + (OF_THE_DECEASED if patient.is_deceased else ())
    return {
        **{name: plain_value(getattr(patient, name)) for name in names},
        "address": {name: plain_value(getattr(patient, name)) for name in OF_ADDRESSES},
        "emergency_contact": {
            name: plain_value(getattr(patient, f"emergency_contact_{name}"))
            for name in ("name", "phone", "relationship")
        },
        "insurance_info": {
            "provider": patient.insurance_provider,
            "policy_number": patient.insurance_policy_number,
        },
        "medical_history": history.split("\n") if history else [],
    }


def plain_value(value: Any) -> Any:
    """Countries and phone numbers are texts: a code, and E.164."""
    is_simple = value is None or type(value).__module__ in ("builtins", "datetime", "uuid")
    return value if is_simple else str(value)


def document(patient: Patient) -> dict[str, Any] | None:
    kept = getattr(patient, "document", None)
    if kept is None:
        return None
    with kept.file.open() as file:
        content = file.read()
    return {
        "content_type": kept.content_type,
        "width": kept.width,
        "height": kept.height,
        "uploaded_at": kept.uploaded_at,
        "content_base64": b64encode(content).decode(),
    }


def notifications(patient: Patient) -> list[dict[str, Any]]:
    """The mails that the patient got or is owed, about whatever."""
    about = Q(subject_id__in=patient.own_ids()) | Q(recipient=patient.email)
    if patient.user is not None:
        about |= Q(subject_id=patient.user.pk)
    mails = Notification.objects.filter(about)
    return [dict(mail) for mail in mails.values(*OF_MAILS)]


def accesses(patient: Patient) -> list[dict[str, Any]]:
    return [
        {
            "at": access.at,
            "action": access.action,
            "door": access.door,
            "by": access.user.get_full_name() if access.user else None,
            "role": access.user.role if access.user else None,
        }
        for access in AccessLog.objects.about(*patient.own_ids())
    ]
