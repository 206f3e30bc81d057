"""Who may do what: one table for the site, the API and the admin.

A permission is named as Django names it, `<app>.<verb>_<model>`. That a role has it says
that it may do this to records that it can see; which those are, `visible_to()` says: all of
them with `<app>.view_all_<model>`, else those that concern the user. With
`appointments.manage_all_appointment` visits may be put into every doctor's calendar, else into
one's own; `doctors.manage_all_workinghours` and `appointments.manage_all_calendarfeed` say the
same of hours and calendar feeds.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    RECEPTIONIST = "receptionist", _("Receptionist")
    DOCTOR = "doctor", _("Doctor")
    PATIENT = "patient", _("Patient")

    @classmethod
    def staff(cls) -> tuple["Role", ...]:
        return (cls.ADMIN, cls.RECEPTIONIST, cls.DOCTOR)


STAFF_ROLES = [(role.value, role.label) for role in Role.staff()]

# Booking, moving and cancelling a visit, and its steps from checking in to the end.
VISIT = frozenset(
    {
        "appointments.view_appointment",
        "appointments.add_appointment",
        "appointments.change_appointment",
        "appointments.reschedule_appointment",
        "appointments.cancel_appointment",
        "appointments.check_in_appointment",
        "appointments.start_appointment",
        "appointments.fulfill_appointment",
        "appointments.no_show_appointment",
        "appointments.correct_appointment",
    }
)
# What staff write down for each other about patients and visits.
NOTES = frozenset(
    {
        "patients.view_note",
        "patients.add_note",
        "patients.change_note",
        "appointments.add_visitnote",
    }
)
# What is offered, where, and with which rooms: seeing it, as far as `visible_to()` shows it.
OFFERED = frozenset({"doctors.view_healthcareservice", "doctors.view_location"})
ROOMS = frozenset({"doctors.view_resource", "doctors.view_resourceoutage"})
# Seeing and changing the working hours, absences and extra hours of doctors.
HOURS = frozenset({"doctors.view_workinghours", "doctors.change_workinghours"})

PATIENT = OFFERED | {
    "doctors.view_doctor",
    "patients.view_patient",
    "patients.add_dependant_patient",
    "patients.change_contact_patient",
    "patients.verify_own_patient",
    "patients.view_relatedperson",
    "patients.delete_relatedperson",
    "patients.view_identitydocument",
    "patients.change_identitydocument",
    "appointments.view_appointment",
    "appointments.add_appointment",
    "appointments.view_appointmentseries",
    "appointments.view_groupsession",
    "appointments.reschedule_appointment",
    "appointments.cancel_appointment",
    "appointments.view_waitlistentry",
    "appointments.add_waitlistentry",
    "appointments.delete_waitlistentry",
    "doctors.view_closure",
}
# Opening the record of somebody else's patient in an emergency; whoever sees all needs none.
EMERGENCY = frozenset({"patients.add_emergencyaccess", "patients.view_emergencyaccess"})
DOCTOR = (
    VISIT
    | EMERGENCY
    | HOURS
    | NOTES
    | OFFERED
    | ROOMS
    | {
        "appointments.view_groupsession",
        "appointments.add_groupsession",
        "appointments.change_groupsession",
        "appointments.view_appointmentseries",
        "appointments.add_appointmentseries",
        "appointments.change_calendarfeed",
        "appointments.view_statistics",
        "doctors.view_closure",
        "doctors.view_doctor",
        "patients.view_patient",
        "patients.view_relatedperson",
    }
)
RECEPTIONIST = (
    VISIT
    | HOURS
    | NOTES
    | OFFERED
    | ROOMS
    | {
        "appointments.view_groupsession",
        "appointments.add_groupsession",
        "appointments.change_groupsession",
        "appointments.view_appointmentseries",
        "appointments.add_appointmentseries",
        "doctors.add_resourceoutage",
        "doctors.delete_resourceoutage",
        "appointments.export_appointment",
        "appointments.manage_all_appointment",
        "appointments.overbook_appointment",
        "appointments.view_all_appointment",
        "appointments.view_statistics",
        "appointments.view_waitlistentry",
        "appointments.view_all_waitlistentry",
        "appointments.add_waitlistentry",
        "appointments.delete_waitlistentry",
        "doctors.manage_all_workinghours",
        "doctors.view_closure",
        "doctors.add_closure",
        "doctors.delete_closure",
        "doctors.view_doctor",
        "doctors.view_all_doctor",
        "patients.list_patient",
        "patients.view_patient",
        "patients.view_all_patient",
        "patients.add_patient",
        "patients.change_patient",
        "patients.change_contact_patient",
        "patients.invite_patient",
        "patients.view_relatedperson",
        "patients.add_relatedperson",
        "patients.change_relatedperson",
        "patients.delete_relatedperson",
        "patients.view_identitydocument",
        "patients.add_identitydocument",
        "patients.change_identitydocument",
        "patients.verify_identitydocument",
        "patients.view_careassignment",
        "patients.merge_patient",
        "patients.view_possibleduplicate",
        "patients.view_mergerecord",
    }
)
ADMIN = RECEPTIONIST | {
    "accounts.end_signin",
    "accounts.view_accesslog",
    "accounts.view_signin",
    "accounts.view_user",
    "accounts.add_user",
    "accounts.change_user",
    "appointments.enter_in_error_appointment",
    "appointments.change_calendarfeed",
    "appointments.manage_all_calendarfeed",
    "axes.unlock_accessattempt",
    "axes.view_accessattempt",
    "clinic.resend_notification",
    "clinic.view_filetransfer",
    "clinic.view_notification",
    "doctors.add_doctor",
    "doctors.change_doctor",
    "doctors.delete_doctor",
    "doctors.approve_doctor",
    "doctors.add_healthcareservice",
    "doctors.change_healthcareservice",
    "doctors.delete_healthcareservice",
    "doctors.add_location",
    "doctors.change_location",
    "doctors.delete_location",
    "doctors.add_resource",
    "doctors.change_resource",
    "doctors.delete_resource",
    "doctors.import_doctor",
    "doctors.export_doctor",
    "doctors.import_workinghours",
    "doctors.export_workinghours",
    "patients.delete_patient",
    "patients.erase_patient",
    "patients.view_emergencyaccess",
    "patients.change_emergencyaccess",
    "patients.view_erasure",
    "patients.import_patient",
    "patients.export_patient",
    "patients.add_careassignment",
    "patients.change_careassignment",
    "patients.delete_careassignment",
    "pghistory.view_events",
    "procrastinate.retry_procrastinatejob",
    "procrastinate.view_procrastinatejob",
}

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.ADMIN: ADMIN,
    Role.RECEPTIONIST: RECEPTIONIST,
    Role.DOCTOR: DOCTOR | {"patients.list_patient"},
    Role.PATIENT: PATIENT,
}


def may(role: str, permission: str) -> bool:
    """Has the role this permission? One that ends in a dot asks for any of that app."""
    granted = PERMISSIONS.get(role, frozenset())
    if permission.endswith("."):
        return any(name.startswith(permission) for name in granted)
    return permission in granted
