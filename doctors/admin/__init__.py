from doctors.admin.doctors import DoctorAdmin
from doctors.admin.hours import MyHours

__all__ = ["DoctorAdmin", "MyHours"]
