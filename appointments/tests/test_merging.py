"""Two records of one person become one, with all that belongs to them, and two again."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AccessLog, SignIn
from accounts.services.sign_ins import begin_by_api
from accounts.tests.factories import UserFactory
from appointments.models import Appointment
from appointments.services import book, cancel
from appointments.tests.factories import AppointmentFactory, next_monday
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.models import CareAssignment, MergeRecord, Patient, PossibleDuplicate
from patients.photos import clean_photo
from patients.services.merging.values import version_of_pair
from patients.tests.factories import CareAssignmentFactory, PatientFactory
from patients.tests.merging import everything
from patients.tests.photos import jpeg, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return UserFactory()


def fresh(record):
    return type(record)._base_manager.get(pk=record.pk)


def with_photo(patient, by):
    services.replace_document(patient, clean_photo(upload(jpeg(640, 400))), by=by)
    return patient


def full_pair(desk):
    """Two records with everything: visits, photos, doctors, accounts, values of their own."""
    survivor = PatientFactory(
        with_account=True, street="Elm Row 1", medical_history="Asthma", zip="10115"
    )
    other = PatientFactory(
        with_account=True,
        gender="female",
        medical_history="Asthma\nHay fever",
        insurance_provider="Mutual",
        insurance_policy_number="A 1",
        emergency_contact_phone="+4930901820",
    )
    common, own = DoctorFactory.create_batch(2)
    for patient, doctor in ((survivor, common), (other, common), (other, own)):
        CareAssignmentFactory(patient=patient, doctor=doctor)
    for patient, hour in ((survivor, 9), (other, 10), (other, 11)):
        book(
            AppointmentFactory.build(doctor=own, patient=patient, starts_at=next_monday(hour)),
            by=desk,
        )
    with_photo(survivor, desk)
    with_photo(other, desk)
    return survivor, other


def test_a_merge_moves_everything_and_its_undoing_restores_every_row(desk):
    survivor, other = full_pair(desk)
    before = everything()
    chosen = {"email": "other", "phone": "other", "last_name": "other"}

    record = services.merge(survivor, other, by=desk, choices=chosen)

    merged = fresh(survivor)
    assert (merged.email, merged.phone, merged.last_name) == (
        other.email, other.phone, other.last_name,
    )  # fmt: skip
    assert (merged.gender, merged.street) == ("female", "Elm Row 1")
    assert merged.medical_history == "Asthma\nHay fever"
    assert merged.insurance_policy_number == "A 1"
    assert merged.user == survivor.user
    assert fresh(merged.user).email == other.email
    assert merged.appointments.count() == 3
    assert merged.care_assignments.count() == 2
    assert fresh(other).merged_into == merged
    assert not Patient.objects.visible_to(desk).filter(pk=other.pk).exists()

    services.undo(record, by=desk)

    assert everything() == before
    assert fresh(record).undone_by == desk


def test_the_account_photo_and_values_of_the_other_go_to_a_survivor_without_any(desk):
    survivor, other = PatientFactory(), PatientFactory(with_account=True, city="Bremen")
    with_photo(other, desk)
    before = everything()

    record = services.merge(survivor, other, by=desk)

    merged = fresh(survivor)
    assert merged.user == other.user
    assert merged.city == "Bremen"
    assert merged.document.uploaded_by == desk
    assert fresh(other).user is None
    assert fresh(merged.user).email == survivor.email

    services.undo(record, by=desk)

    assert everything() == before


def test_a_second_account_is_closed_and_its_sign_ins_end(desk):
    survivor, other = PatientFactory(with_account=True), PatientFactory(with_account=True)
    begin_by_api(other.user)

    record = services.merge(survivor, other, by=desk)

    assert not fresh(other.user).is_active
    assert SignIn.objects.get(user=other.user).ended_at is not None

    services.undo(record, by=desk)
    assert fresh(other.user).is_active
    assert fresh(other.user).email == other.email


def test_address_and_number_of_the_merged_record_are_free(desk):
    survivor, other = PatientFactory(), PatientFactory()
    record = services.merge(survivor, other, by=desk)

    newcomer = PatientFactory.build(email=other.email, phone=other.phone)
    services.register(newcomer, None, by=desk)

    with pytest.raises(ValidationError, match=f"is {fresh(newcomer).record_number}'s now"):
        services.undo(record, by=desk)
    assert fresh(other).merged_into == survivor


def test_what_was_changed_in_the_survivor_since_stays(desk):
    survivor, other = PatientFactory(), PatientFactory(city="Bremen", street="Wall 1")
    record = services.merge(survivor, other, by=desk)
    changed = fresh(survivor)
    changed.city = "Hamburg"
    services.change(changed, by=desk)

    services.undo(record, by=desk)

    assert (fresh(survivor).city, fresh(survivor).street) == ("Hamburg", "")
    assert fresh(other).city == "Bremen"


def test_a_copy_from_before_the_merge_takes_the_account_of_nobody(desk):
    survivor, other = PatientFactory(), PatientFactory(with_account=True)
    stale = fresh(survivor)
    services.merge(survivor, other, by=desk)

    stale.city = "Bremen"
    services.change(stale, by=desk)

    assert fresh(survivor).user == other.user


def test_visits_at_the_same_time_refuse_the_merge_and_are_named(desk):
    survivor, other = PatientFactory(), PatientFactory()
    doctors = DoctorFactory.create_batch(2)
    start = next_monday(9)
    first = AppointmentFactory(doctor=doctors[0], patient=survivor, starts_at=start)
    second = AppointmentFactory(
        doctor=doctors[1], patient=other, starts_at=start + timedelta(minutes=10)
    )
    before = everything()

    with pytest.raises(ValidationError) as refusal:
        services.merge(survivor, other, by=desk)

    (sentence,) = refusal.value.messages
    assert str(first) in sentence
    assert str(second) in sentence
    assert everything() == before
    cancel(second, by=desk)
    services.merge(survivor, other, by=desk)
    assert survivor.appointments.count() == 2


def test_a_pair_that_was_changed_since_it_was_shown_is_not_merged(desk):
    survivor, other = PatientFactory.create_batch(2)
    shown = version_of_pair(survivor, other)
    changed = fresh(other)
    changed.city = "Hamburg"
    services.change(changed, by=desk)

    with pytest.raises(ValidationError, match="was changed while you had this open"):
        services.merge(survivor, other, by=desk, version=shown)  # With the copies of before.

    assert fresh(other).merged_into is None
    services.merge(survivor, other, by=desk, version=version_of_pair(survivor, changed))


def test_a_merged_record_takes_nothing_more(desk):
    survivor, other = PatientFactory(), PatientFactory()
    services.merge(survivor, other, by=desk)
    visit = AppointmentFactory.build(
        doctor=DoctorFactory(), patient=other, starts_at=next_monday(9)
    )

    for refused in (
        lambda: book(visit, by=desk),
        lambda: services.assign(DoctorFactory(), other, by=desk),
        lambda: with_photo(other, desk),
        lambda: services.change(other, by=desk),  # A stale copy, which knows of no merge.
        lambda: services.merge(PatientFactory(), other, by=desk),
        lambda: services.merge(other, PatientFactory(), by=desk),
    ):
        with pytest.raises(ValidationError, match="merged into"):
            refused()

    assert fresh(other).merged_into == survivor
    assert not CareAssignment.objects.exists()
    assert not Appointment.objects.exists()


def test_merges_are_undone_from_the_last_to_the_first(desk):
    first, second, third = PatientFactory.create_batch(3)
    before = everything()
    one = services.merge(second, first, by=desk)
    two = services.merge(third, second, by=desk)
    assert set(third.own_ids()) == {first.pk, second.pk, third.pk}

    with pytest.raises(ValidationError, match=f"merged into {fresh(third).record_number}"):
        services.undo(one, by=desk)
    services.undo(two, by=desk)
    services.undo(one, by=desk)

    assert everything() == before
    with pytest.raises(ValidationError, match="undone already"):
        services.undo(one, by=desk)


def test_a_photo_that_was_replaced_since_keeps_the_merge(desk):
    survivor, other = PatientFactory(), with_photo(PatientFactory(), desk)
    record = services.merge(survivor, other, by=desk)
    with_photo(fresh(survivor), desk)

    with pytest.raises(ValidationError, match="ID photo that came with the merge was replaced"):
        services.undo(record, by=desk)


def test_a_value_that_is_impossible_beside_the_others_is_refused_at_its_field(desk):
    survivor = PatientFactory(country="DE", zip="10115")
    other = PatientFactory(country="GB", zip="SW1A 1AA")

    with pytest.raises(ValidationError) as refusal:
        services.merge(survivor, other, by=desk, choices={"zip": "other"})

    assert "zip" in refusal.value.message_dict
    assert fresh(other).merged_into is None


def test_both_histories_and_the_log_of_readers_stay(desk):
    survivor, other = PatientFactory(), PatientFactory()
    AccessLog.objects.create(action="read", patients=[other.pk], door="admin", user=desk)
    events = Patient.pgh_event_model.objects

    record = services.merge(survivor, other, by=desk, choices={"first_name": "other"})

    assert AccessLog.objects.get().patients == [other.pk]
    assert events.filter(pgh_obj=other.pk).latest("pgh_id").merged_into_id == survivor.pk
    assert events.filter(pgh_obj=other.pk).count() == 2
    services.undo(record, by=desk)
    assert events.filter(pgh_obj=other.pk).latest("pgh_id").merged_into_id is None
    assert MergeRecord.pgh_event_model.objects.filter(pgh_obj=record.pk).count() == 2


def test_deleting_the_survivor_deletes_what_was_merged_into_it(desk):
    survivor, other = PatientFactory(), PatientFactory(with_account=True)
    services.merge(survivor, other, by=desk)

    services.delete(fresh(survivor), by=desk)

    assert not Patient.objects.exists()
    assert not MergeRecord.objects.exists()
    assert not PossibleDuplicate.objects.exists()
