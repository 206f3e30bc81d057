"""`/patients`: registration by staff and by patients themselves, and the records."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.models import Notification
from clinic.tests.problems import V1, check_problem
from patients.models import IdentityDocument, Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload

pytestmark = pytest.mark.django_db
PATIENTS = f"{V1}/patients"

PERSON = {"name": "Ada King Lovelace", "email": "Ada@Mail.example", "phone": "030 12345678"}
ADDRESS = {"street": "Elm 1", "city": "Bonn", "state": "NRW", "zip": "53111", "country": "DE"}
CONTACT = {"name": "Anne", "phone": "+493012345679", "relationship": "sister"}
REST = {
    "date_of_birth": "1985-12-10",
    "gender": "female",
    "address": ADDRESS,
    "emergency_contact": CONTACT,
    "insurance_info": {"provider": "AOK", "policy_number": "A1"},
    "medical_history": ["Asthma", "Penicillin"],
}


@pytest.fixture
def staff(api):
    return api(UserFactory())


def send(client, photo=None, **fields):
    data = {**fields, **({"document_photo": photo} if photo else {})}
    return client.post(PATIENTS, data, format="multipart" if photo else "json")


def nothing_was_done() -> bool:
    models = (Patient, IdentityDocument, Notification, ProcrastinateJob)
    return not any(model.objects.exists() for model in models)


def test_staff_register_a_patient_with_all_there_is(staff):
    response = send(staff, **PERSON, **REST)

    patient = Patient.objects.get()
    assert response.status_code == 201, response.content
    told = response.json()
    assert {name: told[name] for name in REST} == REST
    assert (told["name"], told["first_name"], told["last_name"]) == (
        "Ada King Lovelace",
        "Ada King",
        "Lovelace",
    )
    assert (told["email"], told["phone"]) == ("ada@mail.example", "+493012345678")
    assert (told["record_number"], told["has_document"]) == (patient.record_number, False)
    assert response["Location"] == f"http://testserver{PATIENTS}/{patient.pk}"
    read = staff.get(response["Location"])
    assert (read.json(), read["ETag"]) == (told, response["ETag"])
    assert Notification.objects.get().recipient == "ada@mail.example"
    assert set(ProcrastinateJob.objects.values_list("task_name", flat=True)) == {
        "patients.find_duplicates",
        "patients.send_registration_confirmation",
    }


def test_a_form_with_a_photo_says_the_same_with_dots(staff):
    flat = {name: REST[name] for name in ("date_of_birth", "gender", "medical_history")}
    for name in ("address", "emergency_contact", "insurance_info"):
        flat |= {f"{name}.{inner}": value for inner, value in REST[name].items()}

    response = send(staff, upload(), **PERSON, **flat)

    assert response.status_code == 201, response.content
    told = response.json()
    assert {name: told[name] for name in REST} == REST
    assert told["has_document"] is True


@pytest.mark.parametrize("photo", [False, True])
def test_least_that_staff_must_send(staff, photo):
    names = {"first_name": "Ada", "last_name": "Lovelace"}
    given = {**names, "email": "a@mail.example", "phone": "+493012345678"}

    response = send(staff, upload() if photo else None, **given)

    told = response.json()
    assert (told["gender"], told["date_of_birth"], told["emergency_contact"]) == ("", None, None)
    assert (told["address"]["country"], told["medical_history"]) == ("DE", [])
    assert told["has_document"] is photo


def test_patients_register_themselves_and_get_back_what_they_sent_and_the_id(api):
    response = send(
        api(), upload(), **PERSON, **{"address.city": "Bonn", "medical_history[0]": "Asthma"}
    )

    patient = Patient.objects.get()
    assert response.status_code == 201, response.content
    assert response.json() == {
        "id": str(patient.pk),
        "name": PERSON["name"],
        "email": "ada@mail.example",
        "phone": "+493012345678",
        "address": {"city": "Bonn"},
        "medical_history": ["Asthma"],
    }
    assert response["Location"] == f"http://testserver{PATIENTS}/{patient.pk}"
    assert patient.document.uploaded_by is None


@pytest.mark.parametrize("form", [False, True])
def test_who_registers_without_a_photo_is_told_so(api, form):
    response = api().post(PATIENTS, PERSON, format="multipart" if form else "json")

    check_problem(response, 422, "validation_error", "document_photo")
    assert nothing_was_done()


@pytest.mark.parametrize("value", ["data:image/jpeg;base64,AAAA", 1, None, {}, ["a"]])
def test_json_holds_no_photo(staff, value):
    response = staff.post(PATIENTS, {**PERSON, "document_photo": value}, format="json")

    check_problem(response, 422, "validation_error", "document_photo")
    assert nothing_was_done()


def test_every_fault_of_a_registration_is_told_at_once(api):
    PatientFactory(email="ada@mail.example")
    faulty = {
        "name": "Ada\x07",
        "email": "ADA@mail.example",
        "phone": "12",
        "date_of_birth": "2999-01-01",
        "gender": "x",
        "address.zip": "1" * 13,
        "address.country": "XX",
        "address.planet": "Earth",
        "emergency_contact.name": "Anne",
        "insurance_info.policy_number": "7",
        "medical_history[0]": "",
        "nothing": "1",
        "phone.extension": "1",
        "medical_history[x]": "1",
    }

    response = send(api(), upload(b"GIF89a", "id.gif"), **faulty)

    renamed = {"medical_history[0]": "medical_history.0"}
    moved = {"emergency_contact.name": "emergency_contact.phone"}
    moved["insurance_info.policy_number"] = "insurance_info.provider"
    names = [(renamed | moved).get(name, name) for name in faulty]
    check_problem(response, 422, "validation_error", "document_photo", *names)
    assert Patient.objects.count() == 1
    assert not ProcrastinateJob.objects.exists()


def test_a_photo_that_is_too_small_to_read_is_refused_by_name(api):
    response = send(api(), upload(jpeg(200, 126)), **PERSON)

    told = check_problem(response, 422, "validation_error", "document_photo")
    assert "at least 600 pixels" in told["errors"]["document_photo"][0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("address", "Elm 1"),
        ("address.street.x", "1"),
        ("address[street]", "1"),
        ("gender", b"\xff"),
    ],
)
def test_names_and_values_that_a_form_cannot_have(api, name, value):
    body = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n--x--\r\n' % (
        name.encode(),
        value if isinstance(value, bytes) else value.encode(),
    )

    response = api().generic("POST", PATIENTS, body, content_type="multipart/form-data; boundary=x")

    if isinstance(value, bytes):
        check_problem(response, 400, "malformed_request")
    else:
        needed = ("name", "email", "phone", "document_photo")
        check_problem(response, 422, "validation_error", name, *needed)


@pytest.mark.parametrize("known", [["email"], ["phone"], ["email", "phone"]])
@pytest.mark.parametrize("caller", ["", "receptionist"])
def test_a_known_address_or_number_conflicts(api, caller, known):
    taken = {"email": "ada@mail.example", "phone": "+493012345678"}
    PatientFactory(**{name: taken[name] for name in known})

    response = send(api(UserFactory(role=caller) if caller else None), upload(), **PERSON)

    beside = "existing" if caller else "hint"
    check_problem(response, 409, "already_registered", *known, beside=(beside,))
    assert Patient.objects.count() == 1
    assert not IdentityDocument.objects.exists()


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["name"]),
        ({"name": "  "}, ["name"]),
        ({"first_name": "Ada"}, ["last_name"]),
        ({"name": "Ada", "first_name": "B", "last_name": "C"}, ["name"]),
        ({"name": "x" * 51}, ["name"]),
        ({"name": "x" * 102}, ["name"]),
        ({"first_name": "x" * 51, "last_name": "y" * 51}, ["first_name", "last_name"]),
    ],
)
def test_what_is_no_name(staff, given, fields):
    response = send(staff, email="a@mail.example", phone="+493012345678", **given)

    check_problem(response, 422, "validation_error", *fields)


@pytest.mark.parametrize("day", ["2026-2-3", "20260203", "2026-02-30", "1899-12-31", "", 5, "x"])
def test_what_is_no_date_of_birth(staff, day):
    check_problem(send(staff, **PERSON, date_of_birth=day), 422, "validation_error")
    assert nothing_was_done()


@pytest.mark.parametrize("code", ["DEU", "276", "de", "ZZ", "", None, 1])
def test_a_country_is_an_iso_3166_alpha_2_code(staff, code):
    response = send(staff, **PERSON, address={"country": code})

    check_problem(response, 422, "validation_error", "address.country")


@pytest.mark.parametrize(("size", "status"), [(5 * 1024 * 1024, 422), (5 * 1024 * 1024 + 1, 413)])
def test_a_photo_over_5_mib_is_too_large(api, size, status):
    content = upload().read().ljust(size, b"\0")

    response = send(api(), upload(content), **PERSON)

    if status == 413 or response.status_code != 201:  # The padding itself may be refused.
        check_problem(response, status, {413: "payload_too_large", 422: "validation_error"}[status])
        assert nothing_was_done()


def test_thirty_megabytes_are_answered(api):
    check_problem(send(api(), upload(b"x" * 30_000_000), **PERSON), 413, "payload_too_large")
    assert nothing_was_done()


def test_a_record_is_changed_in_part_and_replaced_as_a_whole(staff):
    path = send(staff, **PERSON, **REST)["Location"]

    patched = staff.patch(
        path, {"first_name": "Augusta", "address": {"city": "Köln"}}, format="json"
    ).json()
    assert patched["name"] == "Augusta Lovelace"
    assert patched["address"] == {**ADDRESS, "city": "Köln"}
    assert patched["insurance_info"] == REST["insurance_info"]
    cleared = staff.patch(path, {"emergency_contact": None}, format="json").json()
    assert cleared["emergency_contact"] is None

    replaced = staff.put(path, PERSON, format="json").json()
    assert (replaced["name"], replaced["medical_history"]) == (PERSON["name"], [])
    assert replaced["address"] == {**dict.fromkeys(ADDRESS, ""), "country": "DE"}
    assert (replaced["date_of_birth"], replaced["insurance_info"]) == (None, None)


@pytest.mark.parametrize("method", ["put", "patch"])
def test_changes_are_held_to_the_same_rules(staff, method):
    patient, other = PatientFactory(), PatientFactory()
    path = f"{PATIENTS}/{patient.pk}"
    whole = {**PERSON, "email": other.email, "phone": str(other.phone)}

    conflict = getattr(staff, method)(path, whole, format="json")
    faulty = getattr(staff, method)(path, {**whole, "gender": "x", "zip": "1"}, format="json")
    photo = getattr(staff, method)(path, {**PERSON, "document_photo": "x"}, format="json")

    known = ("email", "phone")
    check_problem(conflict, 409, "already_registered", *known, beside=("existing",))
    check_problem(faulty, 422, "validation_error", "email", "phone", "gender", "zip")
    check_problem(photo, 422, "validation_error", "document_photo")
    patient.refresh_from_db()
    assert patient.first_name == "Ada"
    own = {**PERSON, "email": patient.email.upper(), "phone": str(patient.phone)}
    assert getattr(staff, method)(path, own, format="json").status_code == 200


def test_an_admin_deletes_a_patient_with_the_photo_unless_appointments_refer(api):
    admin, booked = api(UserFactory(role="admin")), AppointmentFactory()
    path = send(admin, upload(), **PERSON)["Location"]
    file = IdentityDocument.objects.get().file

    check_problem(admin.delete(f"{PATIENTS}/{booked.patient_id}"), 409, "in_use")
    assert admin.delete(path).status_code == 204
    check_problem(admin.get(path), 404, "not_found")
    assert list(Patient.objects.all()) == [booked.patient]
    assert not IdentityDocument.objects.exists()
    assert file.storage.exists(file.name)  # Until the transaction of this test is committed.


@pytest.mark.parametrize("given", [{"last_name": "Sukarno"}, {"last_name": "明"}, {"name": "明"}])
def test_one_name_alone_is_a_name(staff, given):
    response = send(staff, email="a@mail.example", phone="+493012345678", **given)

    assert response.status_code == 201, response.json()
    assert response.json()["last_name"] == next(iter(given.values()))
    assert not response.json()["first_name"]
