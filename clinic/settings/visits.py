"""Appointments: how far ahead, how many, how late."""

from datetime import timedelta

from clinic.settings.basis import env

# How early before its start, and how long ahead, patients may book a time.
BOOKING_NOTICE = timedelta(minutes=env.int("BOOKING_NOTICE_MINUTES", 30))
BOOKING_HORIZON = timedelta(days=env.int("BOOKING_HORIZON_DAYS", 180))
# The most visits that patients book for themselves, ahead with one doctor, on one day, and in all;
# 0: any.
VISITS_AHEAD_PER_DOCTOR = env.int("VISITS_AHEAD_PER_DOCTOR", 3)
VISITS_AHEAD_PER_DAY = env.int("VISITS_AHEAD_PER_DAY", 1)
VISITS_AHEAD = env.int("VISITS_AHEAD", 10)
# How far ahead times are taken at all, from staff too: visits, absences, closures, wishes.
TIME_HORIZON = timedelta(days=env.int("TIME_HORIZON_DAYS", 3653))
# Until when before its start patients may move or cancel an appointment on their own.
CANCELLATION_NOTICE = timedelta(hours=env.int("CANCELLATION_NOTICE_HOURS", 2))
# How long before the start patients are reminded; each of these once.
REMINDERS = [timedelta(hours=hours) for hours in env.list("REMINDER_HOURS", cast=int, default=[24])]
# How long a time is held for somebody on the waitlist before it is offered to the next.
OFFER_HELD = timedelta(minutes=env.int("OFFER_HELD_MINUTES", 120))
# The hours of the day that count for it: nobody loses an offer at night.
OFFER_HOURS = env.clocks("OFFER_HOURS", "08:00-20:00")
# How many days after the last visit a doctor still looks after a patient who was only booked;
# 0: for ever. What somebody has assigned by hand stays.
ASSIGNMENT_DAYS = env.int("ASSIGNMENT_DAYS", 365)
# How many minutes an emergency opens a record to staff who don't look after the patient.
BREAK_GLASS_MINUTES = env.int("BREAK_GLASS_MINUTES", 60)
PROCRASTINATE_IMPORT_PATHS = [
    "accounts.jobs",
    "appointments.jobs",
    "clinic.management.retention.job",
]
