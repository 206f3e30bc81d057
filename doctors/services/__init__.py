"""What may happen to doctors and their hours, for the site, the API and the console alike."""

from doctors.services.hours import (
    add_absence,
    add_closure,
    add_extra_hours,
    check_keeps_hours,
    lock_doctors,
    remove_closure,
    remove_time,
    save_hours,
    set_week,
    week_version,
)
from doctors.services.records import (
    apply,
    approve,
    change,
    create,
    delete,
    prepare_application,
    record_for,
    register_staff,
    registration_faults,
    reject,
)

__all__ = [
    "add_absence",
    "add_closure",
    "add_extra_hours",
    "apply",
    "approve",
    "change",
    "check_keeps_hours",
    "create",
    "delete",
    "lock_doctors",
    "prepare_application",
    "record_for",
    "register_staff",
    "registration_faults",
    "reject",
    "remove_closure",
    "remove_time",
    "save_hours",
    "set_week",
    "week_version",
]
