"""Children with their mother's record number in a file, former and preferred names, and who is
inactive: out and in again."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.roles import Role
from accounts.tests.console import signed_in
from clinic.models import FileTransfer
from clinic.tests.files import confirm, content_of, csv_rows, faults, match, send, table
from patients.models import Patient, RelatedPerson
from patients.reach import reach
from patients.services import lock_acting
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

PAGE = "/admin/patients/patient/"
HEADINGS = [
    *("Record number", "First name", "Last name", "Date of birth", "Guardian's record number"),
    "Guardian's relationship",
]
BORN = f"{timezone.localdate() - timedelta(days=3000)}"
State = FileTransfer.State


@pytest.fixture
def desk():
    return signed_in(Role.ADMIN)


def imported(desk, *rows) -> FileTransfer:
    checked = send(desk, PAGE, table(HEADINGS, *rows))
    assert not checked.faults, checked.faults
    return confirm(desk, PAGE, checked)


def test_children_with_their_mothers_number_are_hers(desk):
    mother = PatientFactory(with_account=True)
    known = PatientFactory(email="", phone="", date_of_birth=BORN)
    number = mother.record_number
    rows = [
        ["", "Mia", "Keller", BORN, number, "Mutter"],
        ["", "Tom", "Keller", BORN, number.removeprefix("P-"), ""],
        [known.record_number, known.first_name, known.last_name, BORN, number.lower(), "parent"],
    ]

    done = imported(desk, *rows)

    assert (done.state, done.new, done.changed) == (State.DONE, 2, 1)
    told = RelatedPerson.objects.values_list("patient__first_name", "relationship")
    assert sorted(told) == [("Ada", "parent"), ("Mia", "parent"), ("Tom", "guardian")]
    for relation in RelatedPerson.objects.all():
        assert (relation.related_patient, relation.may_act) == (mother, True)
        assert relation.confirmed_by is not None
        assert [one.email for one in reach(relation.patient)] == [mother.email]
    assert Patient.objects.visible_to(mother.user).count() == 4


def test_what_is_exported_comes_back_as_it_was(desk):
    mother = PatientFactory(former_names="Börner, Roth", preferred_name="Ann")
    child = PatientFactory(email="", phone="", is_active=False, date_of_birth=BORN)
    relation = RelatedPerson.objects.create(
        patient=child, related_patient=mother, relationship="parent", may_act=True
    )
    content = content_of(desk.post(f"{PAGE}export/?active=all", {"format": "csv"}))

    done = confirm(desk, PAGE, send(desk, PAGE, content))

    assert (done.new, done.changed, done.unchanged) == (0, 0, 2)
    [headings, first, second] = csv_rows(content)
    of = [dict(zip(headings, row, strict=True)) for row in (first, second)]
    assert of[0]["Former names"] == "Börner, Roth"
    assert of[0]["Preferred name"] == "Ann"
    assert [one["Active"] for one in of] == ["yes", "no"]
    assert [one["Guardian's record number"] for one in of] == ["", mother.record_number]
    assert [one["Guardian's relationship"] for one in of] == ["", "Parent"]
    assert list(RelatedPerson.objects.values_list("pk", flat=True)) == [relation.pk]


def test_names_and_state_are_read_as_other_programs_call_them(desk):
    headings = ["Vorname", "Nachname", "Geburtsname", "Wunschname", "Aktiv"]
    rows = [["Anna", "Keller", "Roth", "Ann", "nein"], ["Eva", "Roth", "", "", ""]]

    waiting = send(desk, PAGE, table(headings, *rows))
    confirm(desk, PAGE, match(desk, PAGE, waiting))

    found = Patient.objects.order_by("first_name")
    assert list(found.values_list("former_names", "preferred_name", "is_active")) == [
        ("Roth", "Ann", False),
        ("", "", True),
    ]


def test_an_empty_cell_leaves_the_guardian_and_another_number_adds_one(desk):
    mother, father, child = (PatientFactory() for _ in range(3))
    Patient.objects.filter(pk=child.pk).update(date_of_birth=BORN)
    own = [child.record_number, child.first_name, child.last_name, BORN]
    imported(desk, [*own, mother.record_number, "parent"])

    assert imported(desk, [*own, "", ""]).unchanged == 1
    imported(desk, [*own, father.record_number, "Vater"])
    imported(desk, [*own, mother.record_number, "guardian"])

    told = RelatedPerson.objects.values_list("related_patient", "relationship")
    assert set(told) == {(mother.pk, "guardian"), (father.pk, "parent")}


def test_what_is_wrong_with_a_guardian_is_told_by_row(desk):
    mother, child = PatientFactory(), PatientFactory(date_of_birth=BORN)
    RelatedPerson.objects.create(
        patient=mother,
        related_patient=child,
        relationship="child",
        may_act=True,
        confirmed_at=timezone.now(),
    )
    names = [child.first_name, child.last_name, BORN]
    rows = [
        ["", "Mia", "Keller", BORN, "P-999999", "parent"],
        ["", "Tom", "Keller", BORN, "his mother", "parent"],
        ["", "Eva", "Keller", BORN, "", "parent"],
        ["", "Ida", "Keller", BORN, mother.record_number, "goldfish"],
        [child.record_number, *names, child.record_number, "parent"],
    ]

    faulty = send(desk, PAGE, table(HEADINGS, *rows))

    number, relationship = HEADINGS[4:]
    told = faults(faulty)
    assert told[:3] == [
        (2, number, "Nobody on record has this. Register the guardian first."),
        (3, number, "Write a record number such as P-000123."),
        (4, relationship, "Whose? Write the guardian's record number, too."),
    ]
    assert told[3][:2] == (5, relationship)
    assert told[4] == (6, number, "Nobody is a guardian of their own.")
    circle = send(
        desk, PAGE, table(HEADINGS, [child.record_number, *names, mother.record_number, ""])
    )
    done = confirm(desk, PAGE, circle)
    assert done.state == State.FAULTY
    assert "would act for each other" in str(done.faults)
    assert RelatedPerson.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_import_waits_for_who_decides_of_relations_before_it_locks_anybody(desk):
    """Else one would hold the patient, the other the decision, and both wait."""
    mother, child = PatientFactory(), PatientFactory(date_of_birth=BORN)
    row = [child.record_number, child.first_name, child.last_name, BORN, mother.record_number, ""]
    checked = send(desk, PAGE, table(HEADINGS, row))
    held, done = threading.Event(), threading.Event()

    def decide():
        try:
            with transaction.atomic():
                lock_acting()
                held.set()
                done.wait(1)  # The import waits meanwhile, holding no row.
                list(Patient.objects.select_for_update(nowait=True).filter(pk=child.pk))
        finally:
            connection.close()

    other = threading.Thread(target=decide)
    other.start()
    held.wait(5)
    result = confirm(desk, PAGE, checked)
    done.set()
    other.join()

    assert result.state == State.DONE
    assert RelatedPerson.objects.get().related_patient == mother
