from datetime import UTC, date, datetime

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.files.storage import storages

from accounts.roles import Role
from accounts.tests.console import faults, said, signed_in
from accounts.tests.factories import UserFactory
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import CareAssignment, Patient
from patients.photos import clean_photo
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.photos import jpeg, upload

pytestmark = pytest.mark.django_db

LIST = "/admin/patients/patient/"
SUGGESTIONS = "/admin/autocomplete/"
PATIENT = {
    "first_name": "Grace",
    "last_name": "Hopper",
    "email": "Grace@mail.example",
    "phone": "030 901820",
    "date_of_birth": "1986-12-09",
    "country": "DE",
    "insurance_policy_number": "A 123",
    "medical_history": "Asthma\nHay fever",
}
NO_DOCTORS = {"care_assignments-TOTAL_FORMS": "0", "care_assignments-INITIAL_FORMS": "0"}


def page(patient: Patient, view: str = "change") -> str:
    return f"{LIST}{patient.pk}/{view}/"


def shown(response) -> list[Patient]:
    return list(response.context["cl"].result_list)


def with_photo(patient: Patient) -> Patient:
    services.replace_document(patient, clean_photo(upload(jpeg(640, 400))), by=UserFactory())
    return patient


@pytest.fixture
def doctor() -> Doctor:
    return DoctorFactory(with_account=True)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RECEPTIONIST])
def test_the_desk_registers_a_patient_with_a_photo(role):
    desk = UserFactory(role=role)

    response = signed_in(desk).post(f"{LIST}add/", PATIENT | {"document_photo": upload()})

    assert response.status_code == 302
    patient = Patient.objects.get()
    assert (patient.email, str(patient.phone)) == ("grace@mail.example", "+4930901820")
    assert patient.medical_history.splitlines() == ["Asthma", "Hay fever"]
    assert patient.document.uploaded_by == desk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "TAKEN@mail.example"}, "email"),
        ({"phone": "+4915112345678"}, "phone"),
        ({"date_of_birth": "2999-01-01"}, "date_of_birth"),
        ({"date_of_birth": "0001-01-01"}, "date_of_birth"),
        ({"last_name": "a\x00b"}, "last_name"),
        ({"first_name": "x" * 51}, "first_name"),
        ({"country": "XX"}, "country"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_no_file_is_left(change, field):
    PatientFactory(email="taken@mail.example", phone="+4915112345678")
    data = PATIENT | change | {"document_photo": upload()}

    response = signed_in(Role.RECEPTIONIST).post(f"{LIST}add/", data)

    assert response.status_code == 200
    assert list(faults(response)) == [field]
    assert "Hay fever" in response.content.decode()
    assert Patient.objects.count() == 1
    assert not stored_files()


def stored_files() -> list[str]:
    storage = storages["documents"]
    return storage.listdir("")[0] if storage.exists("") else []


@pytest.mark.parametrize(
    "content", [b"GIF89a", b"%PDF-1.7", jpeg()[:200], b"<svg/>", jpeg(200, 126)]
)
def test_a_file_that_is_no_photo_is_refused_beside_the_field(content):
    data = PATIENT | {"document_photo": upload(content)}

    response = signed_in(Role.RECEPTIONIST).post(f"{LIST}add/", data)

    assert list(faults(response)) == ["document_photo"]
    assert not Patient.objects.exists()


def test_the_desk_changes_a_record_and_replaces_its_photo():
    patient = with_photo(PatientFactory())
    before = patient.document

    response = signed_in(Role.RECEPTIONIST).post(
        page(patient), PATIENT | NO_DOCTORS | {"document_photo": upload(jpeg(800, 500))}
    )

    assert response.status_code == 302
    patient = Patient.objects.get()
    assert (patient.name, patient.document.width) == ("Grace Hopper", 800)
    assert patient.document.pk != before.pk


def test_hostile_names_are_inert():
    name = "<script>alert(1)</script>"
    patient = PatientFactory(first_name=name, last_name="Ж\u202e'\"<img src=x>")
    desk = signed_in(Role.RECEPTIONIST)

    for url in (LIST, page(patient), page(patient, "history"), f"{LIST}?q=alert"):
        content = desk.get(url).content.decode()
        assert "<script>alert" not in content
        assert "<img src=x" not in content
        assert "&lt;script&gt;alert(1)" in content


@pytest.mark.parametrize(
    "term",
    ["lovelace ada", "lovelase", "LOVELACE", "ada@mail.example", "0151 12000777", "1985-12-10"],
)
def test_a_patient_is_found(term):
    found = PatientFactory(
        last_name="Lovelâce",
        email="ada@mail.example",
        phone="+4915112000777",
        date_of_birth="1985-12-10",
    )
    PatientFactory(first_name="Barbara", last_name="Liskov")
    desk = signed_in(Role.RECEPTIONIST)

    assert shown(desk.get(LIST, {"q": term})) == [found]


def test_the_only_patient_found_from_the_head_of_a_page_is_opened():
    found = PatientFactory(last_name="Hopper")
    PatientFactory(last_name="Liskov")
    desk = signed_in(Role.RECEPTIONIST)

    assert desk.get(LIST, {"q": "hopper", "open": "1"}).headers["Location"] == page(found)
    assert len(shown(desk.get(LIST, {"q": "ada", "open": "1"}))) == 2


def test_a_search_without_a_hit_offers_to_register_what_was_typed():
    desk = signed_in(Role.RECEPTIONIST)

    content = desk.get(LIST, {"q": "O'Neill & Co", "open": "1"}).content.decode()

    way = "/admin/patients/patient/add/?last_name=O%27Neill%20%26%20Co"
    assert f'href="{way}"' in content
    assert "O&#x27;Neill &amp; Co" in desk.get(way).content.decode()


def test_a_patient_is_found_by_record_number():
    patient, _ = PatientFactory.create_batch(2)
    patient.refresh_from_db()

    assert shown(signed_in(Role.ADMIN).get(LIST, {"q": patient.record_number})) == [patient]


@pytest.mark.parametrize("term", ["\x00", "%", "\ud83d", "x" * 5000, "'; --", "999999999999999"])
def test_any_search_is_answered(term):
    term = term.encode("utf-8", "replace").decode()
    desk = signed_in(Role.RECEPTIONIST)
    source = {"app_label": "appointments", "model_name": "appointment", "field_name": "patient"}

    assert desk.get(LIST, {"q": term}).status_code == 200
    assert desk.get(SUGGESTIONS, source | {"term": term}).status_code == 200


@pytest.mark.parametrize("role", [Role.ADMIN, Role.RECEPTIONIST])
def test_the_photo_is_handed_out_to_the_desk(role):
    patient = with_photo(PatientFactory())
    desk = signed_in(role)

    response = desk.get(page(patient, "photo"))

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content.startswith(b"\xff\xd8\xff")
    assert page(patient, "photo") in desk.get(page(patient)).content.decode()


def test_the_photo_is_refused_to_everybody_else(client, doctor):
    patient = with_photo(PatientFactory(with_account=True))
    CareAssignmentFactory(doctor=doctor, patient=patient)
    photo = page(patient, "photo")

    assert signed_in(doctor.user).get(photo).status_code == 403
    assert photo not in signed_in(doctor.user).get(page(patient)).content.decode()
    for visitor in (client, signed_in(patient.user), signed_in(Role.PATIENT)):
        assert visitor.get(photo).headers["Location"].startswith("/admin/login/")


def test_there_is_no_photo_where_there_is_none():
    desk = signed_in(Role.RECEPTIONIST)

    assert desk.get(page(PatientFactory(), "photo")).status_code == 404
    assert desk.get(f"{LIST}{UserFactory().pk}/photo/").status_code == 404


def test_a_doctor_sees_the_assigned_patients_alone(doctor):
    mine, other = PatientFactory.create_batch(2, medical_history="Asthma")
    CareAssignmentFactory(doctor=doctor, patient=mine)
    CareAssignmentFactory(doctor=DoctorFactory(), patient=other)
    client = signed_in(doctor.user)
    source = {"app_label": "appointments", "model_name": "appointment", "field_name": "patient"}

    assert shown(client.get(LIST)) == [mine]
    assert shown(client.get(LIST, {"q": "lovelace"})) == [mine]
    assert shown(client.get(LIST, {"q": other.email})) == []
    suggested = client.get(SUGGESTIONS, source | {"term": "lovelace"}).json()["results"]
    assert [entry["id"] for entry in suggested] == [str(mine.pk)]
    assert client.get(page(mine)).status_code == 200
    for view in ("change", "history"):
        assert client.get(page(other, view)).headers["Location"] == "/admin/"
    missing = client.get(f"{LIST}{doctor.pk}/change/")
    assert missing.headers["Location"] == client.get(page(other)).headers["Location"]


def test_a_doctor_reads_the_history_of_an_assigned_patient_and_changes_nothing(doctor):
    patient = PatientFactory(medical_history="Asthma", insurance_policy_number="A 123")
    CareAssignmentFactory(doctor=doctor, patient=patient)
    client = signed_in(doctor.user)

    content = client.get(page(patient)).content.decode()
    assert "Asthma" in content
    assert "A 123" in content
    assert client.post(page(patient), PATIENT | NO_DOCTORS).status_code == 403
    assert client.post(f"{LIST}add/", PATIENT).status_code == 403
    assert client.post(page(patient, "delete"), {"post": "yes"}).status_code == 403


def test_an_admin_assigns_and_unassigns_doctors():
    old, new = DoctorFactory.create_batch(2)
    patient = PatientFactory()
    assignment = CareAssignmentFactory(doctor=old, patient=patient)
    admin = UserFactory(role=Role.ADMIN)
    doctors = {
        "care_assignments-TOTAL_FORMS": "2",
        "care_assignments-INITIAL_FORMS": "1",
        "care_assignments-0-id": assignment.pk,
        "care_assignments-0-patient": patient.pk,
        "care_assignments-0-DELETE": "on",
        "care_assignments-1-patient": patient.pk,
        "care_assignments-1-doctor": new.pk,
    }

    response = signed_in(admin).post(page(patient), PATIENT | doctors)

    assert response.status_code == 302
    assignment = CareAssignment.objects.get()
    assert (assignment.doctor, assignment.assigned_by) == (new, admin)


def test_the_desk_sees_who_looks_after_the_patient_and_assigns_nobody():
    patient, doctor = PatientFactory(), DoctorFactory(last_name="Okonkwo")
    CareAssignmentFactory(doctor=doctor, patient=patient)
    desk = signed_in(Role.RECEPTIONIST)
    assert "Okonkwo" in desk.get(page(patient)).content.decode()
    doctors = {
        "care_assignments-TOTAL_FORMS": "1",
        "care_assignments-INITIAL_FORMS": "0",
        "care_assignments-0-patient": patient.pk,
        "care_assignments-0-doctor": DoctorFactory().pk,
    }

    desk.post(page(patient), PATIENT | doctors)

    assert CareAssignment.objects.get().doctor == doctor


def test_a_patient_without_appointments_is_deleted_with_the_photo():
    patient = with_photo(PatientFactory())

    response = signed_in(Role.ADMIN).post(page(patient, "delete"), {"post": "yes"})

    assert response.status_code == 302
    assert not Patient.objects.exists()


def test_a_found_patient_leads_back_to_what_was_searched():
    patient = PatientFactory(last_name="Hopper", date_of_birth=date(1986, 12, 9))
    desk = signed_in(Role.RECEPTIONIST)

    found = desk.get(LIST, {"q": "hopper", "o": "-3"})

    way_back = "?_changelist_filters=q%3Dhopper%26o%3D-3"
    content = found.content.decode()
    assert content.count(f'href="{page(patient)}{way_back}"') == 2
    assert "9 Dec 1986" in content
    saved = desk.post(f"{page(patient)}{way_back}", PATIENT | NO_DOCTORS)
    assert saved.headers["Location"] == f"{page(patient)}{way_back}"
    assert said(saved) == [f'<a href="{page(patient)}{way_back}">Grace Hopper</a> is saved.']


@pytest.mark.parametrize(
    ("born", "age"),
    [("2027-02-01", "1 month"), ("2025-03-02", "2 years"), ("1962-03-03", "64 years")],
)
def test_a_record_is_headed_by_age(born, age):
    with time_machine.travel(datetime(2027, 3, 2, 12, tzinfo=UTC)):
        patient = PatientFactory(date_of_birth=born)
        content = signed_in(Role.RECEPTIONIST).get(page(patient)).content.decode()

    assert f"{date.fromisoformat(born).year}, <strong>{age}</strong>" in content
    assert content.index(patient.phone.as_international) < content.index("visits-heading")


def test_the_list_reads_nothing_that_is_encrypted(settings):
    patient = PatientFactory(medical_history="Asthma", insurance_policy_number="A 123")
    settings.DOCUMENT_KEYS = [Fernet.generate_key().decode()]

    response = signed_in(Role.RECEPTIONIST).get(LIST)

    assert shown(response) == [patient]


@pytest.mark.parametrize("patients", [1, 3])
def test_the_list_takes_a_fixed_number_of_queries(patients, django_assert_num_queries):
    PatientFactory.create_batch(patients)
    desk = signed_in(Role.RECEPTIONIST)

    with django_assert_num_queries(7):
        assert len(shown(desk.get(LIST))) == patients


@pytest.mark.parametrize("doctors", [1, 3])
def test_the_page_takes_a_fixed_number_of_queries(doctors, django_assert_num_queries):
    patient = with_photo(PatientFactory())
    for doctor in DoctorFactory.create_batch(doctors):
        CareAssignmentFactory(doctor=doctor, patient=patient)
    desk = signed_in(Role.RECEPTIONIST)

    with django_assert_num_queries(17):
        assert desk.get(page(patient)).status_code == 200
