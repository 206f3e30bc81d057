from doctors.admin.doctors import DoctorAdmin
from doctors.admin.hours import MyHours
from doctors.admin.places import PlaceAdmin
from doctors.admin.visit_types import VisitTypeAdmin

__all__ = ["DoctorAdmin", "MyHours", "PlaceAdmin", "VisitTypeAdmin"]
