"""Who sees and books for whom: the one rule of acting, and what may be done by it."""

from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tests.factories import UserFactory
from clinic.days import born_by, day_start
from clinic.errors import NotAllowed
from patients import services
from patients.models import Patient, RelatedPerson
from patients.services.registration import age_on
from patients.services.relating import MOST_DEPENDANTS
from patients.tests.factories import PatientFactory
from patients.tests.relations import birthday, child_of, guardian, related

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def reached(person: Patient) -> list[Patient]:
    """Whom the person sees beside the own record."""
    return list(Patient.objects.visible_to(person.user).exclude(pk=person.pk))


def test_a_parent_sees_the_child_and_each_of_two_parents_does():
    one, other = guardian(), guardian()
    child, stranger = child_of(one, other), PatientFactory()

    assert reached(one) == reached(other) == [child]
    assert not Patient.objects.visible_to(one.user).filter(pk=stranger.pk).exists()
    assert list(Patient.objects.own(one.user)) == [one]


@pytest.mark.parametrize(
    ("patient", "relation", "acts"),
    [
        ({"date_of_birth": lambda: birthday(18, days=1)}, {}, True),
        ({"date_of_birth": lambda: birthday(18)}, {}, False),
        ({"date_of_birth": lambda: birthday(18)}, {"confirmed_at": timezone.now}, True),
        (
            {"date_of_birth": lambda: birthday(18, days=-1)},
            {"confirmed_at": lambda: before(0)},
            True,
        ),
        (
            {"date_of_birth": lambda: birthday(18, days=-1)},
            {"confirmed_at": lambda: before(2)},
            False,
        ),
        ({"date_of_birth": lambda: None}, {}, False),
        ({"date_of_birth": lambda: None}, {"confirmed_at": lambda: before(9000)}, True),
        ({}, {"may_act": lambda: False}, False),
        ({}, {"valid_until": TODAY}, True),
        ({}, {"valid_until": lambda: TODAY() - timedelta(days=1)}, False),
        ({"is_deceased": lambda: True}, {}, False),
    ],
)
def test_the_rule_of_acting(patient, relation, acts):
    mother = guardian()
    fields = {"date_of_birth": lambda: birthday(8)} | patient
    child = PatientFactory(email="", phone="", **{name: get() for name, get in fields.items()})
    related(child, mother, **{name: get() for name, get in relation.items()})

    assert reached(mother) == ([child] if acts else [])


def before(days: int) -> datetime:
    """Noon, so many days ago."""
    return day_start(TODAY() - timedelta(days=days)) + timedelta(hours=12)


@pytest.mark.parametrize("end", ["account", "merged child", "merged parent"])
def test_acting_ends_with_who_acts_and_with_the_record(end):
    mother = guardian()
    child = child_of(mother)
    if end == "account":
        User.objects.filter(pk=mother.user.pk).update(is_active=False)
    else:
        gone = child if end == "merged child" else mother
        Patient.objects.filter(pk=gone.pk).update(merged_into=PatientFactory())

    assert not RelatedPerson.objects.acting().exists()


@given(
    born=st.dates(date(1990, 1, 1), date(2012, 12, 31)),
    today=st.dates(date(2008, 1, 1), date(2030, 12, 31)),
)
def test_ages_are_counted_alike_backwards_and_forwards(born, today):
    assert (born <= born_by(today, 18)) == (age_on(today, born) >= 18)


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edges=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8, unique=True))
def test_no_circle_of_acting_is_ever_closed(people, edges):
    """Against every path through those that were taken before."""
    desk, patients = people
    kept: set[tuple[int, int]] = set()
    for acting, patient in edges:
        relation = RelatedPerson(
            patient=patients[patient],
            related_patient=patients[acting],
            relationship="caregiver",
            may_act=True,
        )
        try:
            services.relate(relation, by=desk)
        except ValidationError:
            assert leads(kept, patient, acting)
        else:
            assert not leads(kept, patient, acting)
            kept.add((acting, patient))
    RelatedPerson.objects.all().delete()


@pytest.fixture
def people():
    return UserFactory(), PatientFactory.create_batch(4)


def leads(edges: set[tuple[int, int]], start: int, to: int) -> bool:
    """Does one act for the other, if only by way of others?"""
    found = {start}
    while more := {patient for acting, patient in edges if acting in found} - found:
        found |= more
    return to in found


def test_what_lapsed_by_age_closes_no_circle_until_it_is_confirmed():
    """A daughter acts for the mother who once acted for her."""
    desk, mother = UserFactory(), PatientFactory()
    daughter = PatientFactory(date_of_birth=birthday(40))
    lapsed = related(daughter, mother)
    care = RelatedPerson(
        patient=mother, related_patient=daughter, relationship="child", may_act=True
    )
    services.relate(care, by=desk)

    with pytest.raises(ValidationError, match="act for each other"):
        services.confirm(lapsed, by=desk)
    assert list(RelatedPerson.objects.in_force()) == [care]


def test_bad_relations_are_refused_by_field():
    desk, patient, other = UserFactory(), PatientFactory(), PatientFactory()
    yesterday = TODAY() - timedelta(days=1)
    services.relate(relation_of(patient, other), by=desk)
    services.relate(relation_of(patient, name="Jo  March"), by=desk)

    refused = [
        (relation_of(patient, patient), "related_patient"),
        (relation_of(patient, other), "related_patient"),
        (relation_of(patient, name="jo march"), "name"),
        (relation_of(patient, name=""), "name"),
        (relation_of(patient, PatientFactory(), name="Jo"), "name"),
        (relation_of(patient, name="Meg", may_act=True), "may_act"),
        (relation_of(patient, name="Meg", gets_messages=True), "gets_messages"),
        (relation_of(patient, PatientFactory(), valid_until=yesterday), "valid_until"),
    ]
    for relation, field in refused:
        with pytest.raises(ValidationError) as told:
            services.relate(relation, by=desk)
        assert list(told.value.message_dict) == [field], (relation, told.value)
    assert RelatedPerson.objects.count() == 2


def relation_of(patient: Patient, person: Patient | None = None, **fields) -> RelatedPerson:
    relationship = fields.pop("relationship", "other")
    return RelatedPerson(
        patient=patient, related_patient=person, relationship=relationship, **fields
    )


def test_what_has_ended_is_not_used_again_but_made_anew():
    desk, patient, other = UserFactory(), PatientFactory(), PatientFactory()
    ended = related(patient, other, valid_until=TODAY() - timedelta(days=1))
    ended = RelatedPerson.objects.get(pk=ended.pk)

    ended.valid_until = None
    with pytest.raises(ValidationError, match="has ended"):
        services.change_relation(ended, by=desk)
    with pytest.raises(ValidationError, match="has ended"):
        services.confirm(ended, by=desk)
    made = services.relate(relation_of(patient, other, may_act=True), by=desk)

    assert list(RelatedPerson.objects.all()) == [made]
    assert made.confirmed_by == desk


def test_a_relation_stays_that_of_these_two_and_who_lets_act_confirms():
    desk, patient, other = UserFactory(), PatientFactory(), PatientFactory()
    relation = RelatedPerson.objects.get(pk=related(patient, other, may_act=False).pk)

    relation.related_patient = PatientFactory()
    with pytest.raises(ValidationError, match="stays that of these two"):
        services.change_relation(relation, by=desk)
    relation = RelatedPerson.objects.get(pk=relation.pk)
    relation.may_act = True
    services.change_relation(relation, by=desk)

    relation.refresh_from_db()
    assert (relation.confirmed_by, relation.may_act) == (desk, True)
    with pytest.raises(NotAllowed):
        services.change_relation(relation, by=guardian().user)


def test_patients_withdraw_what_is_theirs_and_no_more():
    mother, father, teen = guardian(), guardian(), guardian(date_of_birth=birthday(15))
    by_mother, by_father = related(teen, mother), related(teen, father)

    with pytest.raises(NotAllowed):
        services.withdraw(by_father, by=mother.user)
    services.withdraw(by_mother, by=mother.user)
    services.withdraw(by_father, by=teen.user)

    assert not RelatedPerson.objects.exists()
    with pytest.raises(ValidationError, match="withdrawn meanwhile"):
        services.withdraw(by_father, by=teen.user)


@pytest.mark.parametrize(
    ("years", "relationship", "at_once"),
    [
        (12, "parent", True),
        (12, "guardian", True),
        (12, "sibling", False),
        (13, "parent", False),
        (80, "child", False),
    ],
)
def test_a_patient_registers_somebody_who_is_cared_for(years, relationship, at_once):
    parent = guardian(city="Bremen", zip="28195", street="Am Wall 1", country="DE")
    patient = Patient(first_name="Jo", last_name="March", date_of_birth=birthday(years))

    relation = services.register_dependant(patient, relationship, by=parent.user)

    assert reached(parent) == ([patient] if at_once else [])
    assert list(RelatedPerson.objects.unconfirmed()) == [relation]
    assert (patient.email, patient.phone, patient.city) == ("", "", "Bremen")
    services.confirm(relation, by=UserFactory())
    assert reached(parent) == [patient]
    assert not RelatedPerson.objects.unconfirmed().exists()
    assert RelatedPerson.objects.get().gets_messages


def test_a_dependant_is_registered_once_and_not_by_the_dozen():
    parent = guardian()

    def register(name: str) -> None:
        child = Patient(first_name=name, last_name="March", date_of_birth=birthday(5))
        services.register_dependant(child, "parent", by=parent.user)

    register("Jo")
    with pytest.raises(ValidationError, match="registered this person already"):
        register("jo ")
    for _ in range(MOST_DEPENDANTS - 1):
        child_of(parent)
    with pytest.raises(ValidationError, match="many people"):
        register("Amy")


def test_whoever_acts_reaches_neither_address_nor_number_of_an_account():
    """Nor does their own account change with what they write into the other's record."""
    mother, teen = guardian(), guardian(date_of_birth=birthday(15))
    related(teen, mother)
    changed = Patient.objects.visible_to(mother.user).get(pk=teen.pk)
    changed.city = "Bremen"
    services.change(changed, by=mother.user)

    for field, value in (("email", "new@mail.example"), ("phone", "+493012345678")):
        record = Patient.objects.get(pk=teen.pk)
        setattr(record, field, value)
        with pytest.raises(ValidationError) as told:
            services.change(record, by=mother.user, current_password="Correct-horse-9")
        assert list(told.value.message_dict) == [field]
    assert Patient.objects.get(pk=teen.pk).city == "Bremen"


def test_who_came_of_age_lately_and_has_no_account_is_found():
    mother = guardian()
    found = child_of(mother, born=birthday(18, days=-30))
    child_of(mother, born=birthday(18, days=1))
    child_of(mother, born=birthday(20))
    PatientFactory(date_of_birth=birthday(18))
    related(guardian(date_of_birth=birthday(18)), mother)

    lately = TODAY() - timedelta(days=365)
    assert list(Patient.objects.came_of_age(lately)) == [found]


def test_fifty_dependants_take_no_more_queries_than_one(django_assert_num_queries):
    mother = guardian()
    for _ in range(50):
        child_of(mother)

    with django_assert_num_queries(1):
        assert len(reached(mother)) == 50
    assert settings.AGE_OF_MAJORITY == 18


def test_what_a_patient_has_told_of_is_confirmed_before_the_record_is_merged():
    """Else whoever registers a child by the name of another one would see that one's record."""
    desk, known, stranger = UserFactory(), PatientFactory(), guardian()
    told = Patient(first_name="Jo", last_name="March", date_of_birth=birthday(8))
    relation = services.register_dependant(told, "parent", by=stranger.user)

    for pair in ((known, told), (told, known)):
        with pytest.raises(ValidationError, match="confirm or withdraw"):
            services.merge(*pair, by=desk)
    services.withdraw(relation, by=desk)
    services.merge(known, told, by=desk)

    assert reached(stranger) == []
