"""The forms through which people write texts, and where what they wrote is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.test import Client

from accounts.roles import Role
from accounts.tests.console import Browser, signed_in
from accounts.tests.factories import UserFactory
from appointments.models import Appointment, AppointmentChange, VisitNote
from appointments.tests.absences import monday
from appointments.tests.factories import AppointmentFactory, GroupSessionFactory, next_monday
from appointments.tests.pages import confirm_path, free_times, verified_patient, working_doctor
from doctors.models import (
    Absence,
    Closure,
    ExtraHours,
    Resource,
    ResourceOutage,
)
from doctors.tests.factories import (
    DoctorFactory,
    HealthcareServiceFactory,
    LocationFactory,
    ResourceFactory,
)
from patients.models import Note, Patient, RelatedPerson
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from patients.tests.registration import born, filled_in

TYPED = (forms.TextInput, forms.EmailInput, forms.Textarea)


@dataclass
class Door:
    """A page with a form, who opens it, what else they send, and the newest record it makes."""

    browser: Client
    address: str
    made: type | None = None  # None: nothing is kept of what is sent.
    sent: dict[str, Any] = field(default_factory=dict)
    kept_as: dict[str, str] = field(default_factory=dict)  # Fields that the record calls otherwise.
    changed: Any = None  # The record, where the page changes one.

    def shown(self) -> dict[str, Any]:
        """All that the form sends where nothing is typed."""
        form = form_of(self.browser.get(self.address))
        values = {one.html_name: one.value() for one in form if one.value() not in (None, "")}
        for name, one in form.fields.items():
            if isinstance(one.widget, forms.MultiWidget) and name in values:
                parts = enumerate(one.widget.decompress(values.pop(name)))
                values |= {f"{name}_{number}": part for number, part in parts if part}
        return values | counts() | self.sent

    def texts(self) -> dict[str, int | None]:
        """The fields into which one types, with how much they take."""
        fields = form_of(self.browser.get(self.address)).fields.items()
        return {
            name: getattr(one, "max_length", None)
            for name, one in fields
            if isinstance(one.widget, TYPED)
            and not isinstance(one.widget, forms.HiddenInput | forms.PasswordInput)
            and not one.disabled
        }

    def send(self, data: dict[str, Any]):
        more = {"document_photo": upload()} if "document_photo" in self.sent else {}
        return self.browser.post(self.address, data | more)

    def kept(self, name: str) -> str:
        one = {"pk": self.changed.pk} if self.changed else {}
        record = self.made.objects.filter(**one).latest("pk")
        value = getattr(record, self.kept_as.get(name, name), None)
        return "" if value is None else str(value)


def counts() -> dict[str, str]:
    """Of rows beside a form of the console: there are none."""
    kinds = ("care_assignments", "needs")
    return {f"{kind}-{which}_FORMS": "0" for kind in kinds for which in ("TOTAL", "INITIAL")}


def form_of(response) -> forms.Form:
    assert response.status_code in (200, 413, 429), (response.status_code, response.content[:300])
    page = response.context
    return page["adminform"].form if "adminform" in page else page["form"]


def of_site() -> Iterator[tuple[str, Callable[[], Door]]]:
    """What patients, and those who are none yet, fill in."""

    def registration() -> Door:
        return Door(Browser(), "/register/", Patient, filled_in())

    def profile() -> Door:
        patient = verified_patient(street="Uferweg 7", zip="10115", city="Berlin", country="DE")
        return Door(signed_in(patient.user), "/me/profile/change/", Patient)

    def booking() -> Door:
        patient, doctor = verified_patient(), working_doctor()
        return Door(signed_in(patient.user), confirm_path(free_times(doctor)[0]), Appointment)

    def cancelling() -> Door:
        visit = AppointmentFactory(patient=verified_patient())
        address = f"/me/visits/{visit.pk}/cancel/"
        sent = {"reason_code": "other"}
        return Door(signed_in(visit.patient.user), address, AppointmentChange, sent)

    def waiting() -> Door:
        patient, doctor = verified_patient(), working_doctor()
        return Door(signed_in(patient.user), f"/me/waitlist/?doctor={doctor.pk}")

    def child() -> Door:
        birth = born(next_monday(9).date().replace(year=next_monday(9).year - 6))
        sent = birth | {"relationship": "parent", "consent": "on", "first_name": "Amy"}
        sent |= {"last_name": "March"}
        return Door(signed_in(verified_patient().user), "/me/people/add/", Patient, sent)

    yield from {
        "registration": registration,
        "profile": profile,
        "booking": booking,
        "cancelling": cancelling,
        "waitlist": waiting,
        "child": child,
        "sign-in": lambda: Door(Browser(), "/sign-in/", sent={"password": "x"}),
        "forgotten password": lambda: Door(Browser(), "/password/reset/"),
        "invitation": lambda: Door(Browser(), "/claim/ask/"),
    }.items()


def of_console() -> Iterator[tuple[str, Callable[[], Door]]]:
    """What staff fill in."""

    def changing(make: Callable[[], Any], **sent) -> Callable[[], Door]:
        def door() -> Door:
            record = make()
            label = f"{record._meta.app_label}/{record._meta.model_name}"
            address = f"/admin/{label}/{record.pk}/change/"
            return Door(signed_in(Role.ADMIN), address, type(record), sent, changed=record)

        return door

    def adding(model: type, **sent) -> Callable[[], Door]:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
        return lambda: Door(signed_in(Role.ADMIN), address, model, sent)

    def beside(make: Callable[[], Any], page: str, model: type, **more) -> Callable[[], Door]:
        def door() -> Door:
            record = make()
            label = f"{record._meta.app_label}/{record._meta.model_name}"
            return Door(signed_in(Role.ADMIN), f"/admin/{label}/{record.pk}/{page}/", model, **more)

        return door

    day = monday().isoformat()
    hours = {"day": day, "first": day, "starts": "18:00", "ends": "19:00"}
    child = {"first_name": "Amy", "last_name": "March", "date_of_birth": "2020-01-01"}
    yield from {
        "new patient": adding(Patient, last_name="Hopper", phone="030 901820"),
        "doctor": changing(DoctorFactory),
        "account": changing(lambda: UserFactory(first_name="Bo", last_name="Hansen")),
        "visit type": changing(HealthcareServiceFactory, price_amount="10"),
        "place": changing(LocationFactory),
        "room": changing(ResourceFactory),
        "new room": adding(Resource, name="Ultrasound", pool="Ultrasound", count="1"),
        "session": changing(lambda: GroupSessionFactory(starts_at=next_monday(15))),
        "note": beside(PatientFactory, "notes", Note),
        "note on a visit": beside(AppointmentFactory, "notes", VisitNote),
        "reason": beside(AppointmentFactory, "reason", Appointment),
        "restriction": beside(
            PatientFactory,
            "privacy",
            Patient,
            sent={"restricts": ""},
            kept_as={"reason": "restriction_reason"},
        ),
        "relative": beside(
            PatientFactory, "family/register", Patient, sent=child | {"relationship": "child"}
        ),
        "somebody else": beside(
            PatientFactory,
            "family/add",
            RelatedPerson,
            sent={"name": "Jo March", "phone": "030 901820", "relationship": "parent"},
        ),
        "time off": beside(DoctorFactory, "time-off", Absence, sent=hours),
        "extra hours": beside(DoctorFactory, "extra-hours", ExtraHours, sent=hours),
        "out of service": beside(ResourceFactory, "out-of-service", ResourceOutage, sent=hours),
        "closure": adding(Closure, starts_on=day, ends_on=day),
        "walk-in": lambda: Door(signed_in(Role.RECEPTIONIST), "/admin/walk-in/"),
        "emergency": lambda: Door(
            signed_in(DoctorFactory(with_account=True).user), "/admin/emergency/"
        ),
        "console's sign-in": lambda: Door(Browser(), "/admin/login/", sent={"password": "x"}),
    }.items()


DOORS = dict([*of_site(), *of_console()])
