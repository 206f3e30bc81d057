"""Made-up families, who share streets, last names and phones, and some of whom came twice.

What the FEBRL sets lack: most of a clinic's patients are somebody's mother, brother or twin, and a
list of likely duplicates is worth nothing where those stand in it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from faker.providers.person.de_DE import Provider as Names

from patients.models import Patient, RelatedPerson

TODAY = date(2026, 1, 1)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHORTEST = 280  # Days between two births.
# How often each is met.
SINGLE_PARENT, TWINS, JUNIOR, ONE_LAST_NAME, GRANDPARENT = 0.22, 0.03, 0.04, 0.8, 0.08
CAME_TWICE, NO_GENDER = 0.1, 0.2
CHILDREN = (0, 1, 1, 1, 2, 2, 2, 3, 3, 4)
# How the desk knows of it: who is related to whom, or only whom to call. (Twins and namesakes of
# a family of which nothing is known are listed: somebody should ask.)
KNOWN_BY = {"relations": 0.6, "emergency": 0.4}
Relationship = RelatedPerson.Relationship
# What somebody who is registered anew tells again.
KEPT = (
    *("first_name", "last_name", "date_of_birth", "gender", "street", "zip", "city", "country"),
    *("emergency_contact_phone", "created_at"),
)


@dataclass
class Town:
    """The records, each with the key of the person, and how those are related."""

    rng: random.Random
    records: list[tuple[str, Patient]] = field(default_factory=list)
    related: list[RelatedPerson] = field(default_factory=list)
    phones: set[str] = field(default_factory=set)
    people: int = 0

    def new_phone(self) -> str:
        phone = f"+4930{self.rng.randrange(10**7, 10**8)}"
        if phone in self.phones:
            return self.new_phone()
        self.phones.add(phone)
        return phone

    def settle(self, patient: Patient) -> Patient:
        self.people += 1
        self.records.append((str(self.people), patient))
        return patient


def make_town(families: int, seed: int = 1) -> Town:
    """The same for the same seed: unsaved patients, and unsaved related persons."""
    town = Town(random.Random(seed))  # noqa: S311  # nosec B311
    streets = [f"{town.rng.choice(Names.last_names)}straße" for _ in range(200)]
    for _ in range(families):
        settle_family(town, streets)
    for key, patient in list(town.records):
        if town.rng.random() < CAME_TWICE:
            come_again(town, key, patient)
    return town


def settle_family(town: Town, streets: list[str]) -> None:
    rng = town.rng
    last_name = some_name(rng, Names.last_names)
    home = {
        "street": f"{rng.choice(streets)} {rng.randrange(1, 60)}",
        "zip": f"{rng.randrange(10115, 10125)}",
        "city": "Berlin",
    }
    born = TODAY - timedelta(days=rng.randrange(25 * 365, 45 * 365))
    mother = person(rng, "female", last_name, born, home, phone=town.new_phone())
    members = [mother]
    father = None
    if rng.random() > SINGLE_PARENT:
        name = last_name if rng.random() < ONE_LAST_NAME else some_name(rng, Names.last_names)
        his = born - timedelta(days=rng.randrange(-1000, 3000))
        phone = town.new_phone() if rng.random() < 0.8 else ""
        father = person(rng, "male", name, his, home, phone=phone)
        members.append(father)
    children = list(children_of(rng, last_name, born, home, father))
    if rng.random() < GRANDPARENT:
        older = born - timedelta(days=rng.randrange(20 * 365, 32 * 365))
        members.append(person(rng, rng.choice(["female", "male"]), last_name, older, home))
    members += children
    for member in members:
        town.settle(member)
    how = rng.choices(list(KNOWN_BY), list(KNOWN_BY.values()))[0]
    make_known(town, how, mother, father, [one for one in members if one is not mother])


def children_of(
    rng: random.Random, last_name: str, mother_born: date, home: dict, father: Patient | None
) -> Iterator[Patient]:
    born = mother_born + timedelta(days=rng.randrange(20 * 365, 30 * 365))
    names: set[str] = set()
    count = rng.choice(CHILDREN)
    while len(names) < count and born < TODAY:
        for _ in range(2 if rng.random() < TWINS else 1):
            gender = rng.choice(["female", "male"])
            child = person(rng, gender, last_name, born, home)
            if gender == "male" and father and rng.random() < JUNIOR:
                child.first_name = father.first_name
            if child.first_name not in names:
                names.add(child.first_name)
                yield child
        born += timedelta(days=SHORTEST + rng.randrange(2000))


def person(
    rng: random.Random, gender: str, last_name: str, born: date, home: dict, phone: str = ""
) -> Patient:
    first_names = Names.first_names_female if gender == "female" else Names.first_names_male
    first_name = rng.choice(first_names)
    mailbox = f"{first_name}.{last_name}{rng.randrange(10**6)}".lower()
    return Patient(
        first_name=first_name,
        last_name=last_name,
        date_of_birth=born,
        gender="" if rng.random() < NO_GENDER else gender,
        phone=phone,
        email=f"{mailbox}@mail.example" if phone and rng.random() < 0.8 else "",
        country="DE",
        created_at=NOW,
        **home,
    )


def make_known(
    town: Town, how: str, mother: Patient, father: Patient | None, others: list[Patient]
) -> None:
    for member in others:
        if how == "relations":
            kind = Relationship.SPOUSE if member is father else Relationship.PARENT
            town.related.append(relation(member, mother, kind))
            if father and member is not father and town.rng.random() < 0.5:
                town.related.append(relation(member, father, Relationship.PARENT))
        elif how == "emergency":
            member.emergency_contact_phone = mother.phone
    if how == "emergency" and others:
        mother.emergency_contact_phone = others[0].phone


def relation(patient: Patient, related: Patient, kind: str) -> RelatedPerson:
    return RelatedPerson(
        patient=patient, related_patient=related, relationship=kind, gets_messages=True
    )


def come_again(town: Town, key: str, patient: Patient) -> None:
    """The same person, registered anew by somebody who didn't look: with a slip or two."""
    rng = town.rng
    kept = {name: getattr(patient, name) for name in KEPT}
    has_phone = patient.phone and rng.random() < 0.7
    again = Patient(**kept, phone=town.new_phone() if has_phone else "")
    for slip in rng.sample(SLIPS, rng.choice([0, 1, 1, 2])):
        slip(rng, again)
    for one in list(town.related):
        related = one.related_patient
        if one.patient is not patient or related is None:
            continue
        if rng.random() < 0.6:
            town.related.append(relation(again, related, one.relationship))
        else:
            again.emergency_contact_phone = related.phone
    town.records.append((key, again))


def mistyped(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text) - 1)
    if rng.random() < 0.5:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def slip_in_first_name(rng: random.Random, patient: Patient) -> None:
    patient.first_name = mistyped(rng, patient.first_name)


def slip_in_last_name(rng: random.Random, patient: Patient) -> None:
    patient.last_name = mistyped(rng, patient.last_name)


def slip_in_birth_date(rng: random.Random, patient: Patient) -> None:
    born = patient.date_of_birth
    if born is None:
        return
    if born.day <= 12:
        patient.date_of_birth = date(born.year, born.day, born.month)
    else:
        patient.date_of_birth = born.replace(day=born.day - 1)


def slip_in_street(rng: random.Random, patient: Patient) -> None:
    patient.street = patient.street.replace("straße", "str.")


def moves_house(rng: random.Random, patient: Patient) -> None:
    patient.street, patient.zip = f"Am Wall {rng.randrange(1, 90)}", "10439"


def swaps_names(rng: random.Random, patient: Patient) -> None:
    patient.first_name, patient.last_name = patient.last_name, patient.first_name


SLIPS = [
    *(slip_in_first_name, slip_in_last_name, slip_in_birth_date),
    *(slip_in_street, moves_house, swaps_names),
]


def some_name(rng: random.Random, names: tuple) -> str:
    """The first of the list are met more often than the last."""
    return names[min(rng.randrange(len(names)), rng.randrange(len(names)))]
