"""Records without an e-mail address or a phone number: kept by staff, and by nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from clinic.tests.files import confirm, send, table
from clinic.tests.problems import V1, check_problem
from patients import services
from patients.duplicates import compare
from patients.duplicates.candidates import candidates_for
from patients.models import Invitation, Patient
from patients.tasks import answer_ask, offer_account
from patients.tests.accounts import sent as account_registration
from patients.tests.factories import PatientFactory
from patients.tests.photos import upload
from patients.tests.registration import born, faults, filled_in

pytestmark = pytest.mark.django_db

PATIENTS, CONSOLE = f"{V1}/patients", "/admin/patients/patient/"
NAMES = {"first_name": "Grace", "last_name": "Hopper"}
NO_DOCTORS = {"care_assignments-TOTAL_FORMS": "0", "care_assignments-INITIAL_FORMS": "0"}
BORN, NEW = date(1946, 12, 9), "Another-horse-77"
NEEDED = "An account needs an e-mail address and a phone number."


def by_api(staff, contacts, known):
    address = f"{PATIENTS}/{known.pk}" if known else PATIENTS
    return getattr(staff.api, "patch" if known else "post")(
        address, ({} if known else NAMES) | contacts, format="json"
    )


def by_put(staff, contacts, known):
    known = known or PatientFactory()
    return staff.api.put(f"{PATIENTS}/{known.pk}", NAMES | contacts, format="json")


def by_form(staff, contacts, known):
    if known:
        return by_api(staff, contacts, known)
    return staff.api.post(PATIENTS, NAMES | contacts | {"document_photo": upload()}, "multipart")


def by_profile(staff, contacts, known):
    known = known or PatientFactory()
    names = {"email": "email", "phone": "phone_number"}
    sent = {names[name]: value for name, value in contacts.items()}
    return staff.api.patch(f"{V1}/patient/profile/{known.pk}", sent, format="json")


def by_console(staff, contacts, known):
    address = f"{CONSOLE}{known.pk}/change/" if known else f"{CONSOLE}add/"
    return staff.console.post(address, NAMES | {"country": "DE"} | contacts | NO_DOCTORS)


def by_file(staff, contacts, known):
    names = ["First name", "Last name", "E-mail", "Phone", "Record number"]
    row = [*NAMES.values(), *contacts.values(), known.record_number if known else ""]
    transfer = send(staff.console, CONSOLE, table(names, row))
    return transfer if transfer.faults else confirm(staff.console, CONSOLE, transfer)


DOORS = [by_api, by_put, by_form, by_profile, by_console, by_file]


class Staff:
    def __init__(self, api, role=Role.ADMIN):
        self.user = UserFactory(role=role)
        self.api, self.console = api(self.user), signed_in(self.user)


@pytest.fixture
def staff(api):
    return Staff(api)


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("door", DOORS)
def test_staff_leave_contacts_empty_at_each_door(staff, door, is_known, blank):
    PatientFactory(email="", phone="", last_name="Somebody")  # Who has none is no twin of theirs.
    known = PatientFactory() if is_known else None

    door(staff, {"email": blank, "phone": blank}, known)

    patient = Patient.objects.exclude(last_name="Somebody").get()
    assert (patient.email, str(patient.phone)) == ("", "")
    assert not Notification.objects.filter(recipient="").exists()
    told = staff.api.get(f"{PATIENTS}/{patient.pk}").json()
    assert (told["email"], told["phone"]) == ("", "")
    assert "No e-mail, no phone: write a letter." in read(staff.console, patient)


def read(console, patient) -> str:
    return console.get(f"{CONSOLE}{patient.pk}/change/").content.decode()


def test_staff_leave_them_out(staff):
    response = staff.api.post(PATIENTS, {"name": "Rosa Parks"}, format="json")

    assert response.status_code == 201
    assert (response.json()["email"], response.json()["phone"]) == ("", "")


@pytest.mark.parametrize("contact", ["email", "phone"])
@pytest.mark.parametrize("door", DOORS)
def test_nobody_takes_a_contact_from_an_account(staff, door, contact):
    patient = PatientFactory(with_account=True, email="ada@mail.example", phone="+4930901820")
    kept = {"email": "ada@mail.example", "phone": "+4930901820"}

    answer = door(staff, kept | {contact: " "}, patient)

    patient.refresh_from_db()
    assert {"email": patient.email, "phone": str(patient.phone)} == kept
    told = answer.content.decode() if hasattr(answer, "content") else str(answer.faults)
    assert NEEDED in told
    if door in (by_api, by_put, by_profile):
        field = "phone_number" if (door, contact) == (by_profile, "phone") else contact
        check_problem(answer, 422, "validation_error", field)


@pytest.mark.parametrize("contact", ["email", "phone"])
@pytest.mark.parametrize("blank", [" ", None])
def test_who_registers_without_the_desk_gives_both(api, client, contact, blank):
    def given(data):
        return {key: value for key, value in data.items() if value is not None}

    phone = "phone_number" if contact == "phone" else contact
    alone = {"name": "Ada", "email": "a@mail.example", "phone": "+4930901820", contact: blank}
    answer = api().post(PATIENTS, given(alone) | {"document_photo": upload()}, "multipart")
    check_problem(answer, 422, "validation_error", contact)
    whole = account_registration(**{phone: blank})
    answer = api().post(f"{V1}/patient/register", whole, format="json")
    check_problem(answer, 422, "validation_error", phone)
    assert contact in faults(client.post("/register/", filled_in(**{contact: blank})))
    assert not Patient.objects.exists()


def test_patients_dont_empty_their_own(api):
    patient = PatientFactory(with_account=True)

    for field in ("email", "phone_number"):
        sent = {field: "", "current_password": PASSWORD}
        answer = api(patient.user).patch(f"{V1}/patient/profile/{patient.pk}", sent, format="json")
        check_problem(answer, 422, "validation_error", field)

    before = patient.email, str(patient.phone)
    patient.refresh_from_db()
    assert (patient.email, str(patient.phone)) == before


def test_staff_are_told_whose_it_is_and_nobody_else(api, staff):
    owner = PatientFactory(first_name="Anna", last_name="Keller", email="anna@mail.example")
    other = PatientFactory(phone="+4930901820")
    taken = NAMES | {"email": "ANNA@mail.example", "phone": "030 901820"}

    answers = [
        staff.api.post(PATIENTS, taken, format="json"),
        staff.api.patch(f"{PATIENTS}/{PatientFactory().pk}", taken, format="json"),
    ]

    for answer in answers:
        names = "email", "phone"
        check_problem(answer, 409, "already_registered", *names, beside=("existing",))
        existing = {one["id"]: one for one in answer.json()["existing"]}
        assert existing == {
            str(owner.pk): {
                "id": str(owner.pk),
                "record_number": owner.record_number,
                "name": "Anna Keller",
                "fields": ["email"],
            },
            str(other.pk): {
                "id": str(other.pk),
                "record_number": other.record_number,
                "name": other.name,
                "fields": ["phone"],
            },
        }
    assert AccessLog.objects.filter(patients__contains=[owner.pk, other.pk]).count() == 2
    alone = api().post(PATIENTS, taken | {"document_photo": upload()}, "multipart")
    check_problem(alone, 409, "already_registered", "email", "phone", beside=("hint",))
    assert "/api/v1/patient/login" in alone.json()["hint"]
    patient = PatientFactory(with_account=True)
    own = api(patient.user).patch(
        f"{V1}/patient/profile/{patient.pk}", {"phone_number": "030 901820"}, format="json"
    )
    assert own.status_code == 409
    assert "existing" not in own.json()


def test_who_has_no_contacts_is_nobodys_twin_by_that():
    one = PatientFactory(first_name="Emmy", last_name="Noether", email="", phone="")
    other = PatientFactory(first_name="Lise", last_name="Meitner", email="", phone="")

    assert other not in candidates_for(one, Patient.objects.standing())
    assert not any("phone" in reason.lower() for reason in compare(one, other).reasons)


def test_a_merge_of_records_without_contacts_is_taken_apart_again():
    desk, bystander = UserFactory(role=Role.ADMIN), PatientFactory(email="", phone="")
    one, other = PatientFactory(email="", phone=""), PatientFactory(email="", phone="+4930901820")

    record = services.merge(one, other, by=desk)

    one.refresh_from_db()
    assert (one.email, str(one.phone)) == ("", "+4930901820")
    services.undo(record, by=desk)
    one.refresh_from_db()
    assert (one.email, str(one.phone)) == ("", "")
    assert Patient.objects.standing().filter(pk__in=[one.pk, other.pk, bystander.pk]).count() == 3


def test_an_account_goes_over_to_a_record_without_contacts_and_back():
    desk = UserFactory(role=Role.ADMIN)
    bare, other = PatientFactory(email="", phone=""), PatientFactory(with_account=True)
    account, email, phone = other.user, other.email, str(other.phone)

    with pytest.raises(ValidationError, match="An account needs"):
        services.merge(bare, other, by=desk, choices={"phone": "survivor"})
    record = services.merge(bare, other, by=desk)

    bare.refresh_from_db()
    assert (bare.user, bare.email, str(bare.phone)) == (account, email, phone)
    services.undo(record, by=desk)
    for patient in (bare, other):
        patient.refresh_from_db()
    assert (bare.user, bare.email, str(bare.phone)) == (None, "", "")
    assert (other.user, other.email, str(other.phone)) == (account, email, phone)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_new", [True, False])
def test_of_two_desks_who_give_one_phone_to_two_patients_one_does(api, is_new):
    desks = [api(UserFactory()) for _ in range(2)]
    people = [PatientFactory(email="", phone="") for _ in range(2)]
    together = Barrier(2)

    def give(number: int):
        together.wait()
        try:
            if is_new:
                body = {"name": f"Twin {number}", "phone": "+4930901820"}
                return desks[number].post(PATIENTS, body, format="json")
            address = f"{PATIENTS}/{people[number].pk}"
            return desks[number].patch(address, {"phone": "+4930901820"}, format="json")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(give, range(2)))

    assert sorted(one.status_code for one in answers) == [201 if is_new else 200, 409]
    owner = Patient.objects.get(phone="+4930901820")
    [refused] = [one.json() for one in answers if one.status_code == 409]
    assert [one["id"] for one in refused["existing"]] == [str(owner.pk)]


# Opening an account that lacks what an account needs.


def invited(**fields) -> tuple[Patient, str]:
    patient = PatientFactory(date_of_birth=BORN, **{"email": "", "phone": ""} | fields)
    _, code = services.invite_on_paper(patient, by=UserFactory())
    return patient, code


@pytest.mark.parametrize("by_link", [True, False])
def test_the_page_asks_for_what_is_missing(client, by_link):
    patient, code = invited()
    both = born(BORN) | {"new_password": NEW, "confirm_password": NEW, "consent": "on"}
    code_typed = {} if by_link else {"code": code}
    if by_link:
        client.get("/claim/", {"token": code})
        assert 'name="email"' in client.get("/claim/").content.decode()

    asked = client.post("/claim/", both | code_typed)
    taken = PatientFactory()
    known = {"email": taken.email, "phone": "12"}
    refused = client.post("/claim/", both | code_typed | known)
    given = {"email": "Oma@mail.example", "phone": "030 901820"}
    opened = client.post("/claim/", both | code_typed | given)

    assert faults(asked) == {
        "email": "Enter your e-mail address.",
        "phone": "Enter your phone number.",
    }
    assert set(faults(refused)) == {"email", "phone"}
    assert opened["Location"] == "/me/"
    patient.refresh_from_db()
    assert (patient.email, str(patient.phone)) == ("oma@mail.example", "+4930901820")
    assert patient.user.email == "oma@mail.example"
    assert (patient.email_verified_at, patient.phone_verified_at) == (None, None)
    assert Notification.objects.get(event__startswith="verify_email:").recipient == patient.email


def test_the_api_takes_what_is_missing_and_nothing_else(api):
    _, code = invited(phone="+4930901820")
    claim = {
        "token": code,
        "date_of_birth": BORN.isoformat(),
        "password": NEW,
        "confirm_password": NEW,
    }

    def send_claim(**more):
        return api().post(f"{V1}/patient/claim", claim | more, format="json")

    check_problem(send_claim(), 422, "validation_error", "email")
    both = send_claim(email="oma@mail.example", phone_number="+4930901821")
    check_problem(both, 422, "validation_error", "phone_number")
    wrong = send_claim(date_of_birth="1950-01-01", email=PatientFactory().email)
    check_problem(wrong, 422, "validation_error", "token")
    assert Invitation.objects.get().tries == 1
    check_problem(send_claim(email=PatientFactory().email), 409, "already_registered", "email")
    opened = send_claim(email="oma@mail.example")

    assert opened.status_code == 201
    data = opened.json()["data"]
    assert (data["email"], data["email_verified"]) == ("oma@mail.example", False)


@pytest.mark.parametrize(
    ("channel", "words"),
    [("mail", "no e-mail address: print a code"), ("text", "no phone number: print a code")],
)
def test_nobody_is_invited_where_nothing_arrives(settings, channel, words):
    settings.SMS_BACKEND = "clinic.sms.locmem.Backend"
    patient = PatientFactory(email="", phone="", date_of_birth=BORN)
    desk = signed_in(Role.RECEPTIONIST)

    answer = desk.post(f"{CONSOLE}{patient.pk}/invite/", {"channel": channel})

    assert words in said(answer)[0]
    assert not Invitation.objects.exists()
    assert f'value="{channel}"' not in read(desk, patient)
    with pytest.raises(ValidationError):
        services.claim("AAAA-BBBB-CCCC", BORN, NEW)


def test_an_empty_address_is_nobodys():
    """A record without one is offered no account to, whoever asks."""
    PatientFactory(email="", phone="+4930901820", date_of_birth=BORN)

    offer_account(email="")
    answer_ask(patient_id=str(PatientFactory(email="").pk))

    assert not Invitation.objects.exists()
