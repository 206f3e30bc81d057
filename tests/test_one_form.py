"""Phones, e-mail addresses, postal codes, states, names and birth dates have one form: what is
sent by any door is stored as by every other, or refused beside the same field."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from accounts.models import EmailChange, User
from accounts.roles import Role
from accounts.tests.console import opened, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.tests.files import confirm, send, table
from clinic.tests.problems import V1
from doctors.files.doctors import DoctorFile
from doctors.models import Doctor
from doctors.tests import applications
from doctors.tests.factories import DoctorFactory
from patients.files.patients import PatientFile
from patients.models import Patient
from patients.tests import accounts, registration
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload

# What it walks is covered elsewhere, and noting each line would take as long again.
pytestmark = [pytest.mark.django_db, pytest.mark.walk]

ADDRESSES = {
    "DE": {"zip": "10115", "state": ""},
    "GB": {"zip": "SW1A 1AA", "state": ""},
    "US": {"zip": "94103", "state": "CA"},
    "CA": {"zip": "K1A 0B1", "state": "ON"},
    "IE": {"zip": "", "state": ""},
    "QA": {"zip": "", "state": ""},
    "AE": {"zip": "", "state": "Dubai"},
}
BASE = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "grace@mail.example",
    "phone": "+49 30 901899",
    "date_of_birth": "1986-12-09",
    "street": "Uferweg 7",
    "city": "Berlin",
    "country": "DE",
}
DOCTOR = {name: BASE[name] for name in ("first_name", "last_name", "email", "phone")}
Case = tuple[dict[str, str], str]
Answer = tuple[Any, dict[str, str]]  # The record, if one was stored; the faults by field.


class Refused(str):
    """A part of the sentence beside the field."""


INVISIBLE, NO_PHONE, NO_DOMAIN = map(Refused, ("invisible", "valid phone", "no domain"))
NO_CODE, NO_STATE = map(Refused, ("no postal code", "state or region"))
# What is sent, beside BASE, and what becomes of the field that is sent first.
CONTACTS: list[Case] = [
    ({"phone": "030 901820"}, "+4930901820"),
    ({"phone": "(030) 90–18 20"}, "+4930901820"),  # noqa: RUF001
    ({"phone": "49 151 12345678"}, Refused("Do you mean +49 1511 2345678?")),
    ({"phone": "491511234567"}, Refused("Do you mean +49 491 511234567?")),
    ({"phone": "1 646 555 0100"}, Refused("Do you mean +1 646-555-0100?")),
    ({"phone": "030 901820 Durchwahl 12"}, Refused("Leave the extension out")),
    ({"phone": "4.91511E+11"}, Refused("spreadsheet has shortened")),
    ({"phone": "12"}, NO_PHONE),
    ({"email": "  ANN@Mail.EXAMPLE "}, "ann@mail.example"),
    ({"email": "ann@BÜCHER.example"}, "ann@xn--bcher-kva.example"),
    ({"email": "ann＠ｍａｉｌ．example"}, "ann@mail.example"),  # noqa: RUF001
    *(({"email": f"an{one}n@mail.example"}, INVISIBLE) for one in "\u200b\u2060\u00ad\u200c"),
    ({"email": "ann@localhost"}, NO_DOMAIN),
    ({"email": "ann@[127.0.0.1]"}, NO_DOMAIN),
    ({"last_name": " 王 ", "first_name": "明"}, "王"),
    ({"last_name": "Hop\u200bper"}, INVISIBLE),
]
RECORDS: list[Case] = [
    *CONTACTS,
    ({"phone": "07700 900123", "country": "GB"}, "+447700900123"),
    ({"phone": "(202) 555-0143", "country": "US"}, "+12025550143"),
    ({"phone": "030 901820", "country": "US"}, Refused("Do you mean +49 30 901820?")),
    ({"phone": "0151 12345678", "country": "GB"}, Refused("Do you mean +49 1511 2345678?")),
    ({"emergency_contact_phone": "07700 900123", "country": "GB"}, "+447700900123"),
    ({"emergency_contact_phone": "49 151 12345678"}, Refused("Do you mean +49 1511 2345678?")),
    ({"emergency_contact_phone": "030 901820 x12"}, Refused("Leave the extension out")),
    ({"zip": "D-10115"}, "10115"),
    ({"zip": "ABCDE"}, NO_CODE),
    ({"zip": "sw1a1aa", "country": "GB"}, "SW1A 1AA"),
    *(({"zip": "", "country": one}, "") for one in ("IE", "QA", "AE")),
    ({"state": "", "country": "CA"}, NO_STATE),
    ({"state": "", "country": "QA"}, ""),
    ({"state": ""}, ""),
    ({"last_name": "王", "first_name": ""}, "王"),
    ({"date_of_birth": "1985-03-24"}, "1985-03-24"),
    ({"date_of_birth": "2999-01-01"}, Refused("must be in the past")),
    ({"date_of_birth": "1899-12-31"}, Refused("check the year of birth")),
    ({"date_of_birth": "2023-02-29"}, Refused("")),
]
PAGE = "/admin/patients/patient/"
ADDRESS = ("street", "city", "state", "zip", "country")
OWN = {"first_name", "last_name", "date_of_birth"}  # What patients have the desk change.


def by_api(client, method: str, path: str, body: dict, model, **how) -> Answer:
    response = getattr(client, method)(f"{V1}{path}", body, **{"format": "json", **how})
    if response.status_code in (200, 201):
        return model.objects.latest("updated_at" if hasattr(model, "updated_at") else "pk"), {}
    assert response.status_code in (409, 422), response.content
    faults = response.json()["errors"]
    plain = {"phone_number": "phone", "emergency_contact.phone": "emergency_contact_phone"}
    return None, {
        plain.get(name, name.removeprefix("address.")): " ".join(told)
        for name, told in faults.items()
    }


def by_form(response, form, record: Callable[[], Any]) -> Answer:
    if response.status_code == 302:
        return record(), {}
    return None, {name: " ".join(told) for name, told in form(response).errors.items()}


def by_console(client, page: str, data: dict, model) -> Answer:
    response = client.post(page, data)
    return by_form(
        response, lambda shown: shown.context["adminform"].form, lambda: model.objects.latest("pk")
    )


def by_file(admin, page: str, resource, values: dict, **key: str) -> Answer:
    columns = resource.columns
    named = {columns[name].heading: value for name, value in (key | values).items()}
    checked = send(admin, page, table(list(named), list(named.values())))
    if checked.state == "checked":
        assert confirm(admin, page, checked).state == "done"
        return resource.model.objects.latest("pk"), {}
    names = {column.heading: name for name, column in columns.items()}
    return None, {names[column]: told for _, column, told in checked.faults}


def body_of(values: dict) -> dict:
    body = {
        name: one
        for name, one in values.items()
        if name not in (*ADDRESS, "emergency_contact_phone")
    }
    body["address"] = {name: values[name] for name in ADDRESS}
    if "emergency_contact_phone" in values:
        body["emergency_contact"] = {"name": "V", "phone": values["emergency_contact_phone"]}
    return body


def account_body(values: dict) -> dict:
    body = body_of(values)
    return accounts.sent(
        **body | {"phone_number": body.pop("phone"), "emergency_contact": None}
    ) | ({"emergency_contact": body["emergency_contact"]} if "emergency_contact" in body else {})


def with_new_address(answer: Answer) -> Answer:
    """The address that patients enter waits to be confirmed."""
    record, _ = answer
    if record is not None:
        record.email = EmailChange.objects.get().email
    return answer


class Doors:
    """The methods that a class of doors adds are doors: each takes values of a record, and answers
    with what became of them."""

    def __init__(self, api, client):
        self.api, self.client = api, client
        self.versions: dict[str, dict[str, str]] = {}

    def opened(self, browser, page: str) -> dict[str, str]:
        """How the form of the page was opened: it is the same each time, as all is taken back."""
        if page not in self.versions:
            self.versions[page] = opened(browser, page)
        return self.versions[page]


class PatientDoors(Doors):
    def __init__(self, api, client):
        super().__init__(api, client)
        self.patient = PatientFactory(with_account=True, first_name="Ada", country="DE")
        self.desk = UserFactory()
        self.staff, self.own = signed_in(self.desk), signed_in(self.patient.user)
        self.admin = signed_in(Role.ADMIN)

    def staff_api_new(self, values):
        return by_api(self.api(self.desk), "post", "/patients", body_of(values), Patient)

    def staff_api_change(self, values):
        path = f"/patients/{self.patient.pk}"
        return by_api(self.api(self.desk), "patch", path, body_of(values), Patient)

    def anonymous_api(self, values):
        body = body_of(values)
        flat = {name: one for name, one in body.items() if isinstance(one, str)}
        for group in ("address", "emergency_contact"):
            flat |= {f"{group}.{name}": one for name, one in body.get(group, {}).items()}
        sent = flat | {"document_photo": upload()}
        return by_api(self.api(), "post", "/patients", sent, Patient, format="multipart")

    def account_api(self, values):
        return by_api(self.api(), "post", "/patient/register", account_body(values), Patient)

    def profile_api(self, values):
        body = account_body(values)
        kept = ("email", "phone_number", "address", "emergency_contact")
        sent = {name: body[name] for name in kept if name in body}
        sent["current_password"] = PASSWORD
        path, client = f"/patient/profile/{self.patient.pk}", self.api(self.patient.user)
        return with_new_address(by_api(client, "patch", path, sent, Patient))

    def console_new(self, values):
        return by_console(self.staff, f"{PAGE}add/", values, Patient)

    def console_change(self, values):
        page = f"{PAGE}{self.patient.pk}/change/"
        rows = {"care_assignments-TOTAL_FORMS": "0", "care_assignments-INITIAL_FORMS": "0"}
        return by_console(self.staff, page, values | rows | self.opened(self.staff, page), Patient)

    def site_new(self, values):
        year, month, day = map(int, values["date_of_birth"].split("-"))
        typed = {f"date_of_birth_{n}": part for n, part in enumerate((day, month, year))}
        response = self.client.post(registration.URL, registration.filled_in(**values | typed))
        return by_form(
            response, lambda shown: shown.context["form"], lambda: Patient.objects.latest("pk")
        )

    def site_contact(self, values):
        page = "/me/profile/change/"
        if page not in self.versions:
            version = self.own.get(page).context["form"]["opened"].value()
            self.versions[page] = {"opened": version, "language": "en"}
        sent = values | self.versions[page] | {"current_password": PASSWORD}
        response = self.own.post(page, sent)
        return with_new_address(
            by_form(
                response, lambda shown: shown.context["form"], lambda: Patient.objects.latest("pk")
            )
        )

    def file_new(self, values):
        return by_file(self.admin, PAGE, PatientFile, values)

    def file_change(self, values):
        number = self.patient.record_number
        return by_file(self.admin, PAGE, PatientFile, values, record_number=number)


class DoctorDoors(Doors):
    """Doctors and staff have no address."""

    def __init__(self, api, client):
        super().__init__(api, client)
        self.doctor, self.user = DoctorFactory(), UserFactory()
        self.admin = UserFactory(role=Role.ADMIN)
        self.browser = signed_in(self.admin)

    def doctor_api_new(self, values):
        body = values | {"specialization": "Cardiology"}
        return by_api(self.api(self.admin), "post", "/doctors", body, Doctor)

    def doctor_api_change(self, values):
        return by_api(self.api(self.admin), "patch", f"/doctors/{self.doctor.pk}", values, Doctor)

    def application(self, values):
        body = applications.APPLICATION | values
        return by_api(self.api(), "post", "/provider/register", body, Doctor)

    def staff_api(self, values):
        opens = {"role": "receptionist", "password": PASSWORD, "confirm_password": PASSWORD}
        return by_api(self.api(self.admin), "post", "/auth/register", values | opens, User)

    def staff_api_doctor(self, values):
        opens = {"role": "doctor", "password": PASSWORD, "confirm_password": PASSWORD}
        body = values | opens | {"specialization": "Cardiology"}
        return by_api(self.api(self.admin), "post", "/auth/register", body, Doctor)

    def console_doctor_new(self, values):
        more = {"is_active": "on", "default_duration_minutes": "30"}
        sent = values | {"specialization": "Cardiology"} | more
        return by_console(self.browser, "/admin/doctors/doctor/add/", sent, Doctor)

    def console_user_new(self, values):
        opens = {"role": "receptionist", "password1": PASSWORD, "password2": PASSWORD}
        response = self.browser.post("/admin/accounts/user/add/", values | opens)
        return by_form(response, admin_form, lambda: User.objects.latest("date_joined"))

    def console_user_change(self, values):
        page = f"/admin/accounts/user/{self.user.pk}/change/"
        more = {"role": "receptionist", "is_active": "on"} | self.opened(self.browser, page)
        response = self.browser.post(page, values | more)
        return by_form(response, admin_form, lambda: User.objects.get(pk=self.user.pk))

    def file(self, values):
        more = {"specialization": "Cardiology"}
        return by_file(self.browser, "/admin/doctors/doctor/", DoctorFile, values | more)


def admin_form(response):
    return response.context["adminform"].form


def rounds(cases: list[Case]) -> list[dict[str, Case]]:
    """The cases by field, as many in one round as don't get into each other's way: those of one
    country that are taken, and those that are refused."""
    packed: list[tuple[tuple[str, bool], dict]] = []
    for sent, outcome in cases:
        kind = sent.get("country", "DE"), isinstance(outcome, Refused)
        free = (one for of, one in packed if of == kind and not overlaps(one, sent))
        if (place := next(free, None)) is None:
            packed.append((kind, place := {}))
        place[next(iter(sent))] = sent, outcome
    return [one for _, one in packed]


def overlaps(one: dict, sent: dict[str, str]) -> bool:
    names = {name for other, _ in one.values() for name in other}
    return bool((names & set(sent)) - {"country"})


def check(door: Callable[[dict], Answer], base: dict, of_field: dict) -> None:
    """Send it by this door, look at what became of each field, and take it back."""
    values = base.copy()
    for sent, _ in of_field.values():
        values |= sent
    with transaction.atomic():
        record, faults = door(values)
        transaction.set_rollback(True)
    refused = {name: one for name, (_, one) in of_field.items() if isinstance(one, Refused)}
    assert set(faults) == set(refused), (values, faults)
    assert not [name for name, one in refused.items() if one not in faults[name]], faults
    for name, (_, outcome) in of_field.items():
        if name not in refused:
            value = getattr(record, name)
            stored = value.isoformat() if isinstance(value, date) else str(value or "")
            assert stored == outcome, values


def doors_of(doors: type) -> list[str]:
    return [name for name in vars(doors) if not name.startswith("_")]


@pytest.mark.parametrize("name", doors_of(PatientDoors))
def test_patients(api, client, name):
    door = getattr(PatientDoors(api, client), name)
    cases = RECORDS
    if name in ("profile_api", "site_contact"):
        cases = [case for case in cases if not set(case[0]) & OWN]
    if name == "account_api":  # Its contract asks for both names.
        cases = [case for case in cases if case[0].get("first_name") != ""]
    for of_field in rounds(cases):
        sent, _ = next(iter(of_field.values()))
        check(door, BASE | ADDRESSES[sent.get("country", "DE")], of_field)


@pytest.mark.parametrize("name", doors_of(DoctorDoors))
def test_doctors_and_staff(api, client, name):
    door = getattr(DoctorDoors(api, client), name)
    for of_field in rounds(CONTACTS):
        check(door, DOCTOR, of_field)


def test_a_number_that_is_refused_comes_back_as_it_was_typed(client):
    typed = "0151/1234567890123 "

    page = client.post(registration.URL, registration.filled_in(phone=typed)).content.decode()

    assert 'name="phone" value="0151/1234567890123"' in page
