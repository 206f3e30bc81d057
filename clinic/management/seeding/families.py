"""Families among the demo clinic's patients: who is whose mother, and who has no contacts."""

from datetime import date, timedelta
from random import Random

from accounts.models import User
from clinic.management.seeding.medicine import PARENTS
from clinic.management.seeding.plan import Plan, uuid7
from patients.models import Patient, RelatedPerson
from patients.models.constraints import CONTACTS

Relationship = RelatedPerson.Relationship
SPACING = 50  # Patients from one mother to the next; the first is the one with the demo log-in.
MOTHER, CHILDREN, GRANDMOTHER = 0, (1, 2, 3), 4  # Their places after her.
# How many years they are old.
AGES = {MOTHER: (31, 42), **dict.fromkeys(CHILDREN, (2, 12)), GRANDMOTHER: (68, 93)}


class Families:
    """Makes some of the patients each other's kin, as they come one by one."""

    def __init__(self, plan: Plan):
        self.plan, self.rng = plan, plan.rng("families")
        self.mother: Patient | None = None
        self.relations: list[RelatedPerson] = []

    def birthday(self, index: int, born: date) -> date:
        """The day drawn, or one by which they can be who they are."""
        if index % SPACING not in AGES:
            return born
        age = self.rng.randint(*AGES[index % SPACING])
        return self.plan.today - timedelta(days=int(age * 365.25) + self.rng.randrange(10, 355))

    def join(self, patient: Patient, index: int, by: User) -> None:
        """Give a new patient the family's place: the children are reached through their mother,
        the grandmother by phone alone."""
        place = index % SPACING
        if place == MOTHER:
            self.mother = patient
        elif place in CHILDREN and self.mother is not None:
            self.join_mother(patient, self.mother, by)
        elif place == GRANDMOTHER and self.mother is not None:
            patient.email = ""
            self.relate(patient, self.mother, Relationship.CHILD, by, is_carer=False)

    def join_mother(self, child: Patient, mother: Patient, by: User) -> None:
        for name in CONTACTS:
            setattr(child, name, "")
        for name in ("street", "city", "zip", "country"):
            setattr(child, name, getattr(mother, name))
        if child.gender == Patient.Gender.FEMALE or mother.number == 1:  # Its form would differ.
            child.last_name = mother.last_name
        child.emergency_contact_name = mother.name
        child.emergency_contact_phone = mother.phone
        child.emergency_contact_relationship = PARENTS["female"]
        self.relate(child, mother, Relationship.PARENT, by, is_carer=True)

    def relate(
        self, patient: Patient, mother: Patient, relationship: str, by: User, *, is_carer: bool
    ) -> None:
        at = max(patient.created_at, mother.created_at)
        self.relations.append(
            RelatedPerson(
                id=uuid7(at, self.rng),
                patient=patient,
                related_patient=mother,
                relationship=relationship,
                may_act=is_carer,
                gets_messages=is_carer,
                confirmed_at=at,
                confirmed_by=by,
                created_at=at,
                updated_at=at,
            )
        )


def gender_of(index: int, gender: str, rng: Random) -> str:
    """The one drawn, or the one by which they can be who they are."""
    place = index % SPACING
    if place in CHILDREN:
        return rng.choice(("female", "male"))
    return "female" if place in (MOTHER, GRANDMOTHER) else gender
