from appointments.admin.closures import ClosureAdmin
from appointments.admin.doctors import DoctorDesk
from appointments.admin.feeds import CalendarFeedAdmin
from appointments.admin.rooms import RoomAdmin
from appointments.admin.sessions import GroupSessionAdmin
from appointments.admin.visits import AppointmentAdmin
from appointments.admin.waitlist import WaitlistAdmin

__all__ = [
    "AppointmentAdmin",
    "CalendarFeedAdmin",
    "ClosureAdmin",
    "DoctorDesk",
    "GroupSessionAdmin",
    "RoomAdmin",
    "WaitlistAdmin",
]
