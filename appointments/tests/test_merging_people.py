"""A merge of records with people around them: relations, shared contacts, names of before."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.tests.factories import UserFactory
from patients import services
from patients.models import RelatedPerson
from patients.tests.factories import PatientFactory, RelatedPersonFactory
from patients.tests.merging import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return UserFactory()


def fresh(record):
    return type(record)._base_manager.get(pk=record.pk)


def test_relations_go_over_in_both_directions_and_come_back(desk):
    survivor, other, child, mother, father = PatientFactory.create_batch(5)
    child_of_other = RelatedPersonFactory(patient=child, related_patient=other, may_act=True)
    mother_of_other = RelatedPersonFactory(patient=other, related_patient=mother)
    aunt = {"related_patient": None, "name": "Aunt", "phone": "+493055555555"}
    aunt_of_other = RelatedPersonFactory(patient=other, **aunt)
    # Both have the same father: the survivor's word stands, the other's is left behind.
    own = RelatedPersonFactory(patient=survivor, related_patient=father, gets_messages=False)
    left = RelatedPersonFactory(patient=other, related_patient=father, may_act=True)
    RelatedPerson.objects.update(confirmed_at=timezone.now())
    before = everything()

    record = services.merge(survivor, other, by=desk)

    valid = RelatedPerson.objects.valid()
    assert {*valid.filter(patient=survivor)} == {mother_of_other, aunt_of_other, own}
    assert list(valid.filter(patient=child)) == [child_of_other]
    assert fresh(child_of_other).related_patient == survivor
    assert list(valid.filter(related_patient=father)) == [own]
    assert fresh(left).patient == other

    services.undo(record, by=desk)

    assert everything() == before
    assert {*RelatedPerson.objects.valid().filter(patient=other)} == {
        mother_of_other,
        aunt_of_other,
        left,
    }


@pytest.mark.parametrize("direction", ["child", "mother"])
def test_two_who_are_related_to_each_other_are_not_merged(desk, direction):
    relation = RelatedPersonFactory()
    pair = [relation.patient, relation.related_patient]
    before = everything()

    with pytest.raises(ValidationError) as refusal:
        services.merge(*(pair if direction == "child" else reversed(pair)), by=desk)

    (sentence,) = refusal.value.messages
    assert f"{pair[1]} is on record as the parent of {pair[0]}." in sentence
    assert everything() == before
    relation.delete()
    services.merge(*pair, by=desk)


def test_a_merge_makes_no_circle_of_those_who_act(desk):
    """Ann acts for Ben, Ben for Cem; who was Ann and Cem would act for himself."""
    ann, ben, cem = PatientFactory.create_batch(3)
    acts = {"may_act": True, "confirmed_at": timezone.now()}
    first = RelatedPersonFactory(patient=ben, related_patient=ann, **acts)
    RelatedPersonFactory(patient=cem, related_patient=ben, **acts)
    before = everything()

    for pair in ((ann, cem), (cem, ann)):
        with pytest.raises(ValidationError, match="act for somebody who acts for them"):
            services.merge(*pair, by=desk)

    assert everything() == before
    RelatedPerson.objects.filter(pk=first.pk).update(may_act=False)
    services.merge(ann, cem, by=desk)


def test_a_merge_of_records_without_contacts_is_undone_beside_others_without(desk):
    survivor, other, _another = PatientFactory.create_batch(3, email="", phone="")
    before = everything()

    services.undo(services.merge(survivor, other, by=desk), by=desk)

    assert everything() == before


@pytest.mark.parametrize(
    ("others", "choices", "kept"),
    [
        ({"last_name": "Keller"}, {}, ("Hoffmann", "Huber, Keller")),
        ({"last_name": "Keller"}, {"former": "drop"}, ("Hoffmann", "Huber")),
        ({"last_name": "Keller"}, {"last_name": "other"}, ("Keller", "Huber, Hoffmann")),
        ({"last_name": "Hofmann"}, {}, ("Hoffmann", "Huber")),  # A slip.
        ({"last_name": "Huber"}, {"last_name": "other"}, ("Huber", "Hoffmann")),
        (
            {"last_name": "Hoffmann", "former_names": "Huber, Roth"},
            {"former_names": "both"},
            ("Hoffmann", "Huber, Roth"),
        ),
    ],
)
def test_the_last_name_that_is_left_is_a_former_one(desk, others, choices, kept):
    survivor = PatientFactory(last_name="Hoffmann", former_names="Huber", is_active=False)
    other = PatientFactory(**others, preferred_name="Addie")
    before = everything()

    record = services.merge(survivor, other, by=desk, choices=choices)

    merged = fresh(survivor)
    assert (merged.last_name, merged.former_names) == kept
    assert (merged.preferred_name, merged.is_active) == ("Addie", True)
    services.undo(record, by=desk)
    assert everything() == before
