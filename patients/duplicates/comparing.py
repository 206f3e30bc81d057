"""What two records have in common, and how likely it is that they are of one person.

Each field agrees, nearly agrees or differs. Each outcome has a weight in bits: log2(m/u), where m
is how often it is found between two records of one person, and u between those of two persons
who came up as candidates. The weights add up to the odds (Fellegi and Sunter, 1969).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from patients.duplicates.compared import Compared
from patients.duplicates.kinship import Family, Kin, family_of
from patients.models import Patient

# Bits: (agrees, nearly agrees, differs). What is missing weighs nothing. Counted between the
# candidates in FEBRL's dataset 3 and rounded; less for what a clinic's patients share more often
# than FEBRL's made-up ones do: the town, and in families the last name and the street.
FIRST_NAME = (4.0, 3.0, -4.0)
LAST_NAME = (4.5, 3.5, -3.0)
# One's last name is the other's first name, and the rest differs.
HALF_SWAPPED = (0.0, "First name of one, last name of the other")
BORN = (8.5, 6.5, -4.5)
STREET = (7.0, 5.5, -2.0)
PLACE = (1.5, 1.0, -1.0)
# Phones and addresses are unique: those of two records differ anyway, and that says nothing.
CONTACT = (9.0, 6.0, 0.0)
ONE_SLIP = 3.0  # Of a phone or address: families have numbers in a row.
GENDER_DIFFERS = -2.0  # Somebody clicked beside it, or it is the brother.
OTHER_FAMILY = -3.0  # Somebody belongs to each of the two, and nobody to both.
PRIOR = -6.0  # Of the candidates that agree in nothing else, few are of one person.
# The most that is said of two whose first names or birthdays differ (twins, father and son), or
# who have but their names in common: however much agrees, somebody should ask.
UNSURE = 0.8
# The most where two of first name, birthday and gender differ (siblings, parents), or one of them
# between two whose families are known, the same or not: they are not listed.
UNLIKELY = 0.4

ENOUGH = 4.0  # Bits beside the names: a birthday, a street, a phone or address.
NEARLY = 0.86  # Jaro-Winkler similarity from which two names are taken for one with a typo.
LISTED = 0.5  # The score from which a pair is shown.
WORDS = ((0.98, "almost certain"), (0.85, "likely"), (0.0, "possible"))


@dataclass(frozen=True)
class Comparison:
    """How sure it is that two records are of one person, from 0 to 1, and what agrees."""

    score: float
    reasons: list[str]

    @property
    def word(self) -> str:
        return word_for(self.score)

    @property
    def is_likely(self) -> bool:
        return self.score >= LISTED


Judgement = tuple[float, str]  # Bits, and what agrees; "" where nothing is to be said.


def word_for(score: float) -> str:
    return next(word for least, word in WORDS if score >= least)


def is_out_of_question(one: Compared, other: Compared) -> bool:
    """Do first names and birthdays differ? Then, whatever else agrees, `compare()` lists them
    not: of most candidates this is all that has to be looked at."""
    if judge_birth(one.date_of_birth, other.date_of_birth)[0] >= 0:
        return False
    return next(judge_names(one, other))[0] < 0


def compare(one: Compared, other: Compared, kin: Kin = MappingProxyType({})) -> Comparison:
    """`kin` says who is related to whom on record. Between people of one family, what families
    share says nothing; and where the families are known, one doubt is enough to take them for
    two."""
    names = list(judge_names(one, other))
    born = judge_birth(one.date_of_birth, other.date_of_birth)
    gender = judge_gender(one, other)
    phones = str(one.phone or ""), str(other.phone or "")
    contacts = [judge_phone(*phones), judge_email(one.email, other.email)]
    family = family_of(one, other, kin)
    if are_kin := family is Family.SAME:
        contacts = []
    rest = [born, *contacts, *judge_address(one, other)]
    bits = PRIOR + sum(weight for weight, _ in (*names, gender, *rest))
    bits += OTHER_FAMILY if family is Family.OTHER else 0
    score = 1 / (1 + 2 ** -max(min(bits, 40.0), -40.0))
    doubts = sum(weight < 0 for weight, _ in (names[0], born, gender))
    doubts += are_kin and names == [HALF_SWAPPED]
    if doubts > 1 or (doubts and family is not Family.UNKNOWN):
        score = min(score, UNLIKELY)
    elif doubts or all(weight < ENOUGH for weight, _ in rest):
        score = min(score, UNSURE)
    reasons = [reason for _, reason in (*names, *rest) if reason]
    return Comparison(round(score, 4), reasons)


def judge_names(one: Compared, other: Compared) -> Iterator[Judgement]:
    """First and last names, or crosswise where they are swapped. The first name comes first."""
    first, last = folded(one.first_name), folded(one.last_name)
    others = folded(other.first_name), folded(other.last_name)
    crosswise = likeness(first, others[1]), likeness(last, others[0])
    if sum(crosswise) > likeness(first, others[0]) + likeness(last, others[1]):
        if min(crosswise) >= NEARLY:
            yield FIRST_NAME[1] + LAST_NAME[1], "First and last name swapped"
            return
        if max(crosswise) >= NEARLY:
            yield HALF_SWAPPED
            return
    yield judge_first(one, other)
    yield judge_last(one, other)


def judge_first(one: Compared, other: Compared) -> Judgement:
    first, others = folded(one.first_name), folded(other.first_name)
    judged = judge_words(first, others, FIRST_NAME, "first name")
    called = folded(one.preferred_name), folded(other.preferred_name)
    if judged[0] < 0 and (called[0] in (others, called[1]) or called[1] == first) and any(called):
        return FIRST_NAME[1], "Goes by the other's first name"
    return judged


def judge_last(one: Compared, other: Compared) -> Judgement:
    last, others = folded(one.last_name), folded(other.last_name)
    judged = judge_words(last, others, LAST_NAME, "last name")
    former, others_former = former_names(one), former_names(other)
    if judged[0] < 0 and (last in others_former or others in former or former & others_former):
        return LAST_NAME[1], "Former last name of one, last name of the other"
    return judged


def former_names(patient: Compared) -> set[str]:
    return {folded(name) for name in patient.former_names.split(",")} - {""}


def judge_words(one: str, other: str, weights: tuple[float, float, float], name: str) -> Judgement:
    if not one or not other:
        return 0.0, ""
    if one == other:
        return weights[0], f"Same {name}"
    if likeness(one, other) >= NEARLY:
        return weights[1], f"Similar {name}"
    return weights[2], ""


def judge_birth(one: date | None, other: date | None) -> Judgement:
    if one is None or other is None:
        return 0.0, ""
    if one == other:
        return BORN[0], "Same date of birth"
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return BORN[1], "Date of birth with day and month swapped"
    if DamerauLevenshtein.distance(digits_of(one), digits_of(other)) == 1:
        return BORN[1], "Date of birth differs in one place"
    return BORN[2], ""


@lru_cache(maxsize=4096)
def digits_of(day: date) -> str:
    return f"{day:%Y%m%d}"


def judge_gender(one: Compared, other: Compared) -> Judgement:
    known = {one.gender, other.gender} & {Patient.Gender.FEMALE, Patient.Gender.MALE}
    return (GENDER_DIFFERS if len(known) > 1 else 0.0), ""


def judge_phone(one: str, other: str) -> Judgement:
    if not one or not other:
        return 0.0, ""
    if one == other:
        return CONTACT[0], "Same phone number"
    if one[-7:] == other[-7:]:
        return CONTACT[1], "Phone number with the same ending"
    if DamerauLevenshtein.distance(one, other) == 1:
        return ONE_SLIP, "Phone number differs in one place"
    return CONTACT[2], ""


def judge_email(one: str, other: str) -> Judgement:
    one, other = one.strip().lower(), other.strip().lower()
    if not one or not other:
        return 0.0, ""
    if one == other:
        return CONTACT[0], "Same e-mail address"
    mailbox, domain = one.partition("@")[::2]
    mailboxes, domains = other.partition("@")[::2]
    is_own = len(mailbox) >= 6 and mailbox not in SHARED_MAILBOXES
    if is_own and mailbox == mailboxes:
        return CONTACT[1], "E-mail address with the same name at another provider"
    is_near = domain == domains and DamerauLevenshtein.distance(mailbox, mailboxes) == 1
    if is_own and is_near and not has_number(mailbox):
        return ONE_SLIP, "E-mail address differs in one place"
    return CONTACT[2], ""


# The names of these mailboxes say nothing about who reads them.
SHARED_MAILBOXES = frozenset({"contact", "family", "familie", "kontakt", "office", "service"})


def has_number(text: str) -> bool:
    """smith41 and smith42 are two persons."""
    return any(character.isdigit() for character in text)


def judge_address(one: Compared, other: Compared) -> Iterator[Judgement]:
    yield judge_words(street_of(one), street_of(other), STREET, "street")
    zips = [squeezed(patient.zip) for patient in (one, other)]
    cities = [folded(patient.city) for patient in (one, other)]
    if all(zips) and zips[0] == zips[1]:
        yield PLACE[0], "Same postal code"
    elif all(cities) and likeness(*cities) >= NEARLY:
        yield PLACE[1], "Same town"
    elif all(zips) and DamerauLevenshtein.distance(*zips) == 1:
        yield PLACE[1], "Similar postal code"
    elif all(zips) or all(cities):
        yield PLACE[2], ""


def street_of(patient: Compared) -> str:
    return squeezed(patient.street).replace("strasse", "str")


def likeness(one: str, other: str) -> float:
    """From 0 to 1; the order of several names is forgiven. What is empty is like nothing."""
    if not one or not other:
        return 0.0
    likest = JaroWinkler.similarity(one, other)
    if " " in one or " " in other:
        likest = max(likest, JaroWinkler.similarity(in_order(one), in_order(other)))
    return likest


def in_order(words: str) -> str:
    return " ".join(sorted(words.split())) if " " in words else words


@lru_cache(maxsize=4096)  # One record is compared with hundreds that share its names and town.
def folded(text: str) -> str:
    """Lower case without accents, hyphens and apostrophes."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.sub(r"[^\w]+", " ", kept.replace("'", "")).split())


def squeezed(text: str) -> str:
    """Folded and without spaces: of an address, whose parts are written in many ways."""
    return folded(text).replace(" ", "")
