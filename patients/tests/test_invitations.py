"""Patients on record who have no account get one: invited by the desk, or as they ask."""

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import AccessLog, User
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.models import Notification
from clinic.sms import locmem
from clinic.tests.jobs import run_due_jobs
from patients import services
from patients.models import Invitation, Patient
from patients.tests.accounts import sent as account_registration
from patients.tests.factories import PatientFactory
from patients.tests.registration import born, faults, filled_in

pytestmark = pytest.mark.django_db
by_worker = pytest.mark.django_db(transaction=True)
BORN = date(1986, 12, 9)
NEW = "Another-horse-77"
Channel, Ended = Invitation.Channel, Invitation.Ended


@pytest.fixture
def patient():
    return PatientFactory(
        date_of_birth=BORN, email="grace@mail.example", phone="+4915112990100", language="en"
    )


@pytest.fixture
def desk():
    return UserFactory(role=Role.RECEPTIONIST)


def typed(**changes) -> dict:
    both = {"new_password": NEW, "confirm_password": NEW}
    return born(BORN) | both | {"consent": "on"} | changes


def mailed_codes() -> list[str]:
    """Work off the jobs; the codes in the links of the mails."""
    run_due_jobs()
    return re.findall(r"/claim/\?token=([\w-]+)\s", "\n".join(sent.body for sent in mail.outbox))


def end_of(invitation: Invitation) -> str:
    return Invitation.objects.get(pk=invitation.pk).ended_because


@by_worker
@pytest.mark.parametrize("channel", ["mail", "text", "paper"])
def test_the_desk_invites_and_the_patient_comes_in(client, patient, desk, settings, channel):
    settings.SMS_BACKEND = "clinic.sms.locmem.Backend"
    page = f"/admin/patients/patient/{patient.pk}"
    at_desk = signed_in(desk)
    assert "None yet" in at_desk.get(f"{page}/change/").content.decode()

    answer = at_desk.post(f"{page}/invite/", {"channel": channel})
    if channel == "paper":
        code = re.search(r'sheet-code">([\w-]{14})<', answer.content.decode())[1]
        assert "no-store" in answer["Cache-Control"]
        assert AccessLog.objects.filter(action="read", patients=[patient.pk]).exists()
        client.post("/claim/", typed(code="AAAA-BBBB-CCCC"))
        response = client.post("/claim/", typed(code=f" {code.lower().replace('-', ' ')} "))
    else:
        run_due_jobs()
        text = locmem.outbox[-1].text if channel == "text" else mail.outbox[-1].body
        link = re.search(r"\?token=[\w-]+", text)[0]
        assert client.get(f"/claim/{link}")["Location"] == "/claim/"
        assert "id_code" not in client.get("/claim/").content.decode()
        response = client.post("/claim/", typed())

    assert response["Location"] == "/me/"
    assert client.get("/me/").status_code == 200
    patient.refresh_from_db()
    assert patient.user.check_password(NEW)
    assert (patient.user.email, patient.user.role) == (patient.email, "patient")
    proved = (bool(patient.email_verified_at), bool(patient.phone_verified_at))
    assert proved == (channel == "mail", channel == "text")
    assert patient.consented_at
    waits = Notification.objects.filter(event__startswith="verify_email:")
    assert waits.exists() is (channel != "mail")
    assert end_of(Invitation.objects.get()) == "claimed"
    shown = at_desk.get(f"{page}/change/").content.decode()
    assert "Signs in online, last seen" in shown
    history = signed_in(Role.ADMIN).get(f"/admin/pghistory/events/?record={patient.pk}")
    assert "invitation" in history.content.decode()


@pytest.mark.parametrize(
    ("how", "because"),
    [
        ("again", Ended.REPLACED),
        ("e-mail", Ended.CONTACT),
        ("phone", Ended.CONTACT),
        ("merge", Ended.MERGED),
        ("tries", Ended.TRIES),
        ("days", ""),
    ],
)
def test_what_ends_an_invitation(patient, desk, how, because):
    invitation, code = services.invite_on_paper(patient, by=desk)
    match how:
        case "again":
            services.invite_patient(patient, Channel.MAIL, by=desk)
        case "e-mail":
            patient.email = "new@mail.example"
            services.change(patient, by=desk)
        case "phone":
            patient.phone = "+4915112990199"
            services.change(patient, by=desk)
        case "merge":
            services.merge(PatientFactory(), patient, by=desk)
        case "tries":
            for _ in range(5):
                with pytest.raises(ValidationError):
                    services.claim(code, date(1990, 1, 1), NEW)
        case "days":
            Invitation.objects.update(expires_at=timezone.now())

    with pytest.raises(ValidationError) as refused:
        services.claim(code, BORN, NEW)

    assert list(refused.value.error_dict) == ["token"]
    assert end_of(invitation) == because
    assert not User.objects.filter(role=Role.PATIENT).exists()


def test_a_wrong_date_is_counted_and_a_weak_password_is_not(client, patient, desk):
    invitation, code = services.invite_on_paper(patient, by=desk)

    wrong = client.post("/claim/", typed(code=code, **born(date(1986, 9, 12))))
    unknown = client.post("/claim/", typed(code="AAAABBBBCCCC"))
    weak = client.post("/claim/", typed(code=code, new_password="Ab-1", confirm_password="Ab-1"))
    own = typed(code=code, new_password="Grace1986-!", confirm_password="Grace1986-!")

    sentences = [
        re.findall(r"This code and this date[^<]*", r.content.decode()) for r in (wrong, unknown)
    ]
    assert sentences[0] == sentences[1] != []
    assert "at least 8 characters" in faults(weak)["new_password"]
    assert Invitation.objects.get(pk=invitation.pk).tries == 1
    Patient.objects.update(first_name="Grace")
    assert "new_password" in faults(client.post("/claim/", own))
    assert client.post("/claim/", typed(code=code))["Location"] == "/me/"
    assert client.post("/claim/", typed(code=code)).status_code == 200  # It works once.


@pytest.mark.parametrize("case", ["account", "birth", "address", "texts"])
def test_who_can_not_be_invited(patient, desk, settings, case):
    settings.SMS_BACKEND = ""
    channel = Channel.TEXT if case == "texts" else Channel.MAIL
    if case == "account":
        patient = PatientFactory(with_account=True, date_of_birth=BORN)
    elif case == "birth":
        Patient.objects.update(date_of_birth=None)
    elif case == "address":
        UserFactory(email=patient.email)
    sentence = {
        "account": "This patient has an account already.",
        "birth": "Enter the date of birth first: the patient opens the account with it.",
        "address": "There is another account with this e-mail address.",
        "texts": "The clinic sends no text messages.",
    }[case]

    page = f"/admin/patients/patient/{patient.pk}/invite/"
    response = signed_in(desk).post(page, {"channel": channel})

    assert said(response) == [sentence]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.PATIENT])
def test_nobody_else_invites(patient, role):
    page = f"/admin/patients/patient/{patient.pk}/invite/"
    assert signed_in(role).post(page, {"channel": "mail"}).status_code in (302, 403)
    assert not Invitation.objects.exists()


ASKS = {
    "e-mail": {"contact": "Grace@Mail.example "},
    "phone": {"contact": "01511 2990100"},
    "other date": {"contact": "grace@mail.example"} | born(date(1990, 1, 1)),
    "unknown": {"contact": "nobody@mail.example"},
}


@by_worker
@pytest.mark.parametrize("case", ASKS)
def test_whoever_asks_gets_the_same_answer_and_the_right_one_a_link(client, patient, case):
    response = client.post("/claim/ask/", born(BORN) | ASKS[case])

    assert response["Location"] == "/claim/ask/sent/"
    codes = mailed_codes()
    assert len(codes) == (case in ("e-mail", "phone"))
    assert [sent.to for sent in mail.outbox] == [[patient.email]] * len(codes)
    for code in codes:
        client.get("/claim/", {"token": code})
        assert client.post("/claim/", typed())["Location"] == "/me/"
        assert client.get("/claim/", {"token": code}, follow=True).status_code == 410


@by_worker
def test_a_forgotten_password_is_answered_by_what_the_address_has(client, api, patient):
    """An account: a new password. A record alone: the account. A record without a date of birth:
    the desk. Nobody: nothing. Each at both doors, and the mailbox is left in peace."""
    has_account = PatientFactory(with_account=True)
    unborn = PatientFactory()
    for email in (has_account.email, patient.email, unborn.email, "nobody@mail.example"):
        assert client.post("/password/reset/", {"email": email}).status_code == 302
        api().post("/api/v1/auth/password/reset", {"email": email}, format="json")
    for _ in range(8):
        client.post("/password/reset/", {"email": patient.email})
    run_due_jobs()

    told = [(sent.to[0], sent.subject) for sent in mail.outbox]
    own = "Your account with Riverside Clinic"
    assert told.count((has_account.email, "Choose a new password")) == 2
    assert told.count((unborn.email, own)) == 1
    assert told.count((patient.email, own)) == 1  # Of those that came in a burst, the last lives.
    assert Invitation.objects.filter(patient=patient).count() == 5
    assert len(told) == 4


@by_worker
def test_what_a_stranger_asks_for_leaves_the_desks_code_alive(client, patient, desk):
    _, code = services.invite_on_paper(patient, by=desk)
    client.post("/password/reset/", {"email": patient.email})
    run_due_jobs()

    assert client.post("/claim/", typed(code=code))["Location"] == "/me/"
    assert set(Invitation.objects.values_list("ended_because", flat=True)) == {
        Ended.CLAIMED,
        Ended.REPLACED,
    }


@by_worker
def test_the_code_is_in_the_message_alone(patient, desk):
    services.invite_patient(patient, Channel.MAIL, by=desk)
    [code] = mailed_codes()
    assert code.replace("-", "") not in str(list(Invitation.objects.values()))
    assert Invitation.objects.get().expires_at - timezone.now() > timedelta(days=13)


@by_worker
def test_an_invitation_that_ended_before_its_mail_left_is_not_sent(patient, desk):
    services.invite_patient(patient, Channel.MAIL, by=desk)
    services.invite_on_paper(patient, by=desk)

    assert mailed_codes() == []
    assert Notification.objects.get().status == "outdated"


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, None),
        ({"token": "AAAA-BBBB-CCCC"}, ["token"]),
        ({"date_of_birth": "1990-01-01"}, ["token"]),
        ({"confirm_password": "x"}, ["confirm_password"]),
        ({"password": "weak", "confirm_password": "weak"}, ["password"]),
        ({"role": "admin"}, ["role"]),
    ],
)
def test_the_api_opens_the_account(api, patient, desk, changes, keys):
    _, code = services.invite_on_paper(patient, by=desk)
    given = {
        "token": code,
        "date_of_birth": BORN.isoformat(),
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    }

    response = api().post("/api/v1/patient/claim", given | changes, format="json")

    if keys:
        assert (response.status_code, list(response.json()["errors"])) == (422, keys)
        return
    assert (response.status_code, response.json()["data"]["patient_id"]) == (201, str(patient.pk))
    login = {"email": patient.email, "password": PASSWORD}
    assert api().post("/api/v1/patient/login", login, format="json").status_code == 200


@by_worker
def test_staff_invite_by_the_api(api, patient, desk):
    path = f"/api/v1/patients/{patient.pk}/invite"

    response = api(desk).post(path, {"channel": "mail"}, format="json")

    assert response.status_code == 201, response.json()
    assert set(response.json()) == {"patient_id", "channel", "created_at", "expires_at"}
    [code] = mailed_codes()
    assert services.claim(code, BORN, NEW).email == patient.email
    again = api(desk).post(path, {"channel": "mail"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    paper = api(desk).post(path, {"channel": "paper"}, format="json")
    assert list(paper.json()["errors"]) == ["channel"]


def test_already_registered_leads_on(client, api, patient):
    known = client.post("/register/", filled_in(email=patient.email))
    page = known.content.decode()
    assert faults(known)["email"] == "Email is already registered"
    summary = page[page.index('id="faults"') : page.index("</div>", page.index('id="faults"'))]
    for way in ("/sign-in/", "/password/reset/", "/claim/ask/"):
        assert f'href="{way}"' in summary
    assert "/claim/ask/" in client.get("/register/").content.decode()
    assert "/claim/ask/" in client.get("/sign-in/").content.decode()
    given = account_registration(email=patient.email)
    answer = api().post("/api/v1/patient/register", given, format="json")
    assert (answer.status_code, "/patient/login" in answer.json()["hint"]) == (422, True)
    weak = {"password": "weak", "confirm_password": "weak"}
    other = account_registration(email="new@mail.example", **weak)
    assert "hint" not in api().post("/api/v1/patient/register", other, format="json").json()
