"""What patients see of their record on their own pages, and what they may change of it."""

import re
from html import unescape

import pytest

from accounts.models import AccessLog, SignIn
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload
from patients.tests.registration import faults, stored_files

pytestmark = pytest.mark.django_db

PAGES = [
    "/me/",
    "/me/profile/",
    "/me/profile/change/",
    "/me/photo/",
    "/me/photo/replace/",
    "/me/access/",
    "/me/download/",
    "/me/phone/",
]
ADDRESS = {"street": "Uferweg 7", "zip": "10115", "city": "Berlin", "state": "", "country": "DE"}


@pytest.fixture
def patient():
    return PatientFactory(
        with_account=True,
        first_name="Ada",
        last_name="O'Lovelace <b>",
        email="ada@mail.example",
        phone="+4930901820",
        insurance_provider="Riverside Mutual",
        insurance_policy_number="A 123",
        medical_history="Asthma since 2008",
        **ADDRESS,
    )


@pytest.fixture
def client(patient):
    return signed_in(patient.user)


def contact(**changes) -> dict:
    own = {"email": "ada@mail.example", "phone": "+4930901820", "language": "en"}
    return own | ADDRESS | changes


@pytest.mark.parametrize("path", PAGES)
def test_whom_the_pages_open_to(client, path):
    other = PatientFactory(with_account=True, last_name="Hopper", email="grace@mail.example")
    patientless = signed_in(UserFactory(role=Role.PATIENT))

    has_none = path == "/me/photo/"
    assert client.get(path).status_code == (404 if has_none else 200)
    assert has_none or "no-store" in client.get(path)["Cache-Control"]
    assert signed_in(Role.RECEPTIONIST).get(path)["Location"] == "/admin/"
    assert patientless.get(path).status_code == 403
    stranger = signed_in(other.user).get(path)
    assert "Lovelace" not in stranger.content.decode()
    SignIn.objects.all().delete()
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"


def test_the_overview(client, patient):
    page = unescape(client.get("/me/").content.decode())

    assert "Hello, <bdi>Ada</bdi>." in page
    assert patient.record_number in page
    assert page.count("Not confirmed yet") == 2
    assert "Send the mail again" in page
    assert "Nothing is booked" in page


def test_the_details(client):
    page = unescape(client.get("/me/profile/").content.decode())

    for words in (
        "Ada O'Lovelace <b>",
        "+49 30 901820",
        "Uferweg 7",
        "Germany",
        "Riverside Mutual",
        "A 123",
        "Asthma since 2008",
    ):
        assert words in page
    assert "<b></bdi>" not in client.get("/me/profile/").content.decode()


def test_changing_contact_data(client, patient):
    response = client.post(
        "/me/profile/change/", contact(city="Potsdam", emergency_contact_name="Vincent")
    )

    assert response["Location"] == "/me/profile/"
    assert said(response) == ["Your details are saved."]
    patient.refresh_from_db()
    assert (patient.city, patient.emergency_contact_name) == ("Potsdam", "Vincent")
    assert patient.insurance_provider == "Riverside Mutual"
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"email": "grace@mail.example", "current_password": PASSWORD},
            "email",
            "Email is already registered",
        ),
        ({"email": "new@mail.example"}, "current_password", "Enter your password, too"),
        ({"email": ""}, "email", "Enter your e-mail address."),
        ({"phone": "12"}, "phone", "Enter a valid phone number"),
        ({"city": ""}, "city", "Enter your town or city."),
        ({"street": "a\x07b"}, "street", "Control characters"),
        ({"emergency_contact_phone": "x"}, "emergency_contact_phone", "Enter a valid phone"),
    ],
)
def test_a_fault_stands_beside_its_field(client, patient, changes, field, sentence):
    PatientFactory(with_account=True, email="grace@mail.example")

    response = client.post("/me/profile/change/", contact(**changes))

    assert response.status_code == 200
    said = faults(response)
    assert list(said) == [field]
    assert sentence in said[field]
    unchanged = Patient.objects.get(pk=patient.pk)
    assert (unchanged.email, unchanged.city) == ("ada@mail.example", "Berlin")


def test_nothing_but_contact_data_can_be_changed(client, patient):
    client.post(
        "/me/profile/change/",
        contact(last_name="Hacker", date_of_birth="2000-01-01", email_verified_at="2026-01-01"),
    )

    patient.refresh_from_db()
    assert patient.last_name == "O'Lovelace <b>"
    assert (patient.date_of_birth, patient.email_verified_at) == (None, None)


def test_the_photo(client, patient):
    assert client.get("/me/photo/").status_code == 404
    assert client.post("/me/photo/replace/", {"document_photo": upload(jpeg(640, 400))}).url == (
        "/me/profile/"
    )

    response = client.get("/me/photo/")

    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"\xff\xd8")
    patient.refresh_from_db()
    assert patient.document.uploaded_by == patient.user
    assert AccessLog.objects.filter(action="document").get().patients == [patient.pk]

    client.post("/me/photo/replace/", {"document_photo": upload(jpeg(800, 400))})
    assert Patient.objects.get().document.width == 800


@pytest.mark.parametrize(
    ("photo", "sentence"),
    [
        (None, "Choose a photo"),
        (upload(b"%PDF-1.7"), "JPEG or PNG"),
        (upload(jpeg(200, 126)), "at least 600 pixels"),
    ],
)
def test_what_is_no_photo_is_refused(client, photo, sentence):
    response = client.post("/me/photo/replace/", {"document_photo": photo} if photo else {})

    assert sentence in faults(response)["document_photo"]
    assert not stored_files()


def test_an_unsent_photo_is_no_fault(client):
    assert "faults" not in client.get("/me/photo/replace/").content.decode()


def test_what_was_read_is_noted(client, patient):
    for path in ("/me/", "/me/profile/", "/me/profile/change/", "/me/access/"):
        client.get(path)

    rows = AccessLog.objects.all()
    assert [(row.action, row.user, row.door) for row in rows] == [
        ("read", patient.user, "site")
    ] * 3


def test_who_has_seen_the_record(client, patient):
    reader = UserFactory(first_name="Rita", last_name="O'Neil", role=Role.RECEPTIONIST)
    other = PatientFactory()
    note = AccessLog.objects.create
    note(user=reader, action="list", patients=[patient.pk, other.pk], door="admin")
    note(user=UserFactory(first_name="Otto"), action="read", patients=[other.pk], door="admin")
    note(user=None, action="read", patients=[patient.pk], door="site")  # An offer, by its link.
    client.get("/me/")

    page = unescape(client.get("/me/access/").content.decode())

    assert "You, by the link in our mail" in page
    assert "Somebody who" not in page
    assert "Rita O'Neil" in page
    assert "(Receptionist)" in page
    assert "Otto" not in page
    assert "<strong>You</strong>" not in page
    assert "<strong>You</strong>" in client.get("/me/access/?own=yes").content.decode()


def test_a_long_list_has_pages(client, patient):
    reader = UserFactory()
    for _ in range(31):
        AccessLog.objects.create(user=reader, action="read", patients=[patient.pk], door="admin")

    first, second = (client.get(f"/me/access/?page={number}") for number in ("1", "2"))

    rows = [len(re.findall("Robin Meyer", page.content.decode())) for page in (first, second)]
    assert rows == [30, 1]
    assert client.get("/me/access/?page=nonsense").status_code == 200
