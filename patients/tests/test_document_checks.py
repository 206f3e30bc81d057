"""The front desk checks the photo of an ID: verified, or refused with a reason."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import AccessLog
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from patients import services
from patients.models import IdentityDocument, Patient
from patients.photos import clean_photo
from patients.tasks import about_refused
from patients.tests.factories import PatientFactory
from patients.tests.photos import jpeg, upload

pytestmark = pytest.mark.django_db

NEXT_YEAR = timezone.localdate() + timedelta(days=365)


@pytest.fixture
def patient() -> Patient:
    patient = PatientFactory(with_account=True, first_name="Grace", last_name="Hopper")
    send_photo(patient)
    return patient


def send_photo(patient: Patient) -> IdentityDocument:
    photo = clean_photo(upload(jpeg(640, 400)))
    return services.replace_document(patient, photo, by=UserFactory())


def document_of(patient: Patient) -> IdentityDocument:
    return IdentityDocument.objects.get(patient=patient)


def check_page(patient: Patient, query: str = "") -> str:
    return f"/admin/patients/patient/{patient.pk}/photo/check/{query}"


def decision(patient: Patient, name: str, **more: str) -> dict[str, str]:
    return {"decision": name, "seen": str(document_of(patient).pk), **more}


def refusals() -> list[Notification]:
    return list(Notification.objects.filter(event__startswith="document_refused:"))


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.ADMIN])
def test_a_photo_is_verified(patient, role):
    desk = UserFactory(role=role)
    data = decision(patient, "verify", document_type="passport", expires_on=str(NEXT_YEAR))

    response = signed_in(desk).post(check_page(patient), data)

    assert response.url == f"/admin/patients/patient/{patient.pk}/change/"
    assert said(response) == ["The ID photo of Grace Hopper is verified."]
    document = document_of(patient)
    assert (document.check_result, document.checked_by) == ("verified", desk)
    assert (document.document_type, document.expires_on) == ("passport", NEXT_YEAR)
    assert timezone.now() - document.checked_at < timedelta(minutes=1)
    assert not refusals()


def test_a_refused_photo_is_told_by_mail_with_the_way_to_replace_it(patient):
    desk = UserFactory()
    reason = "The photo is too blurred to read."

    response = signed_in(desk).post(
        check_page(patient, "?approvals"), decision(patient, "refuse", refusal_reason=reason)
    )

    assert response.url == "/admin/approvals/"
    document = document_of(patient)
    assert (document.check_result, document.refusal_reason) == ("refused", reason)
    (owed,) = refusals()
    assert owed.recipient == patient.email
    told = about_refused(owed)
    assert told["reason"] == reason
    assert told["link"].endswith("/me/photo/replace/")
    assert told["version"] == owed.subject_version


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("verify", {}, "Which kind of document is it?"),
        (
            "verify",
            {"document_type": "passport", "expires_on": "2020-01-01"},
            "It has expired: ask for a valid one.",
        ),
        ("refuse", {}, "Tell the patient why."),
        ("refuse", {"refusal_reason": "  "}, "Tell the patient why."),
        ("refuse", {"refusal_reason": "x" * 301}, "at most 300 characters"),
        ("perhaps", {}, "Select a valid choice"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_decided(patient, name, more, sentence):
    response = signed_in(UserFactory()).post(check_page(patient), decision(patient, name, **more))

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert document_of(patient).check_result == ""
    assert not refusals()


def test_a_photo_that_was_replaced_meanwhile_is_not_decided_on(patient):
    data = decision(patient, "verify", document_type="passport")
    send_photo(patient)

    response = signed_in(UserFactory()).post(check_page(patient), data)

    assert "There is a newer photo" in response.content.decode()
    assert document_of(patient).check_result == ""


def test_a_new_photo_is_to_be_checked_again_and_its_old_refusal_is_told_no_more(patient):
    document = document_of(patient)
    services.refuse_document(document, "Too dark.", UserFactory())
    (owed,) = refusals()

    send_photo(patient)

    assert document_of(patient).check_result == ""
    assert about_refused(owed)["version"] != owed.subject_version
    with pytest.raises(ValidationError, match="newer photo"):
        services.verify_document(document, "passport", None, UserFactory())


def test_the_database_knows_what_a_check_is(patient):
    rows = IdentityDocument.objects.filter(patient=patient)
    known = {"checked_at": timezone.now(), "checked_by": UserFactory()}
    for wrong in (
        {"check_result": "refused", **known},
        {"check_result": "verified", **known},
        {"check_result": "refused", "refusal_reason": "Dark."},
        {"refusal_reason": "Dark."},
        {"document_type": "library_card"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_a_doctor_checks_no_photo(patient):
    doctor = signed_in(Role.DOCTOR)

    assert doctor.get(check_page(patient)).status_code == 403
    assert doctor.post(check_page(patient), decision(patient, "verify")).status_code == 403
    assert document_of(patient).check_result == ""


def test_who_looks_at_the_page_is_noted(patient):
    desk = UserFactory()

    signed_in(desk).get(check_page(patient))

    assert AccessLog.objects.filter(user=desk, patients__contains=[patient.pk]).exists()


@pytest.mark.parametrize(
    ("result", "words"),
    [("", "has not checked it yet"), ("verified", "has checked it."), ("refused", "Too dark.")],
)
def test_the_patient_sees_the_state(patient, result, words):
    document = document_of(patient)
    if result == "verified":
        services.verify_document(document, "other", None, UserFactory())
    elif result == "refused":
        services.refuse_document(document, "Too dark.", UserFactory())

    assert words in signed_in(patient.user).get("/me/profile/").content.decode()
