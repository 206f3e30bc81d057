"""What a field of medicine is called, and which one a word means, in any language."""

import re
from collections import defaultdict
from functools import cache

from clinic.alike import closest, folded_text
from clinic.languages import current
from doctors.specializations.table import FIELDS, OTHER_WORDS

LONGEST = 100  # Characters, as of the fields that hold a specialization.
SHORTEST_WITH_SLIP = 6  # Letters. Shorter words are too many words' neighbours.
BY_CODE = {field.code: field for field in FIELDS}
TITLES = re.compile(
    r"(?:(?:fach|zahn)?arz(?:t|tin)|praxis|klinik|abteilung|specialist|consultant|department|dr\.?)"
    r" (?:fur|in|of|for|der|des) (?:die )?"
)


@cache
def codes_by_word() -> dict[str, list[str]]:
    """The codes of the fields that a word means, by the word as it is compared."""
    codes = defaultdict(list)
    for field in FIELDS:
        for word in {field.code, *(folded_words_of(field.code))}:
            codes[word].append(field.code)
    return {**codes, **{folded_text(word): [] for word in OTHER_WORDS}}


@cache
def folded_words_of(code: str) -> tuple[str, ...]:
    """All words for a field, in every language, as they are compared."""
    words = BY_CODE[code].words.values()
    return tuple(dict.fromkeys(folded_text(word) for those in words for word in those))


def codes_of(text: str) -> list[str]:
    """The fields that a text names by any of their words, with at most one slip; none where it
    names none of those that are known, or more than one at once."""
    wanted = " ".join(folded_text(text[:LONGEST]).split())
    known = codes_by_word()
    for one in (wanted, TITLES.sub("", wanted, count=1)):
        if one in known:
            return known[one]
    if len(wanted) < SHORTEST_WITH_SLIP or wanted.isdecimal():
        return []
    near = [word for word in closest(wanted, known, slips=1) if abs(len(word) - len(wanted)) <= 1]
    meant = [known[word] for word in near]
    return meant[0] if meant and meant.count(meant[0]) == len(meant) else []


def code_of(text: str) -> str:
    """The code of the field that a text names; empty where none is known."""
    return next(iter(codes_of(text)), "")


def name_of(code: str, text: str) -> str:
    """The field's name in the language that is spoken; where the code is none, its own text."""
    field = BY_CODE.get(code)
    if field is None:
        return text
    return field.words.get(current().partition("-")[0], field.words["en"])[0]


def known_names() -> list[str]:
    """The names of all known fields in the language that is spoken, in order."""
    return sorted((name_of(code, "") for code in BY_CODE), key=folded_text)


def words_about(code: str, text: str) -> str:
    """All by which somebody may look for a field, as it is compared: of a text that is no known
    field, also the words of those that it mentions."""
    own = folded_text(text)
    mentioned = [code] if code in BY_CODE else [one for one in BY_CODE if is_mentioned(one, own)]
    return " ".join([own, *(word for one in mentioned for word in folded_words_of(one))])


def is_mentioned(code: str, text: str) -> bool:
    words = BY_CODE[code].words.values()
    return any(folded_text(those[0]) in text for those in words)
