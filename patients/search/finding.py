"""How a search text finds patients among a million.

Three steps, each only as far as the ones before found little: what fits as it stands; names with
typos; parts of e-mail addresses. The words of all names are in a table of their own
(`patients_nameword`, kept by the database): a word with a typo is looked up there, among some
ten thousand words, and what it may stand for is looked up by index among the patients.

Who sees only some patients gets what is among them: their rows are read, not the indexes, so
that neither the answer nor the time it takes tells of others.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, F, FloatField, Func, Q, TextField, Value, When

from clinic.alike import closest
from patients.search.fitting import (
    any_of,
    exactly,
    has_words,
    one_of,
    own_key,
    starting_with,
    whole_word,
    with_targets,
)
from patients.search.text import Sought, word_readings
from patients.search.words import Word, all_of, folded_words

FOUND_AT_MOST = 200  # Of a search that fits more, the rest isn't shown.
MORE_FIT = (
    f"More than {FOUND_AT_MOST} patients fit, of whom you see the first. Add another name or the "
    "year of birth."
)
BY_NAME = "ORDER BY patients_patient.sort_name, patients_patient.id"
FEW = 20  # With fewer found, the next step is taken.


def search(patients: Any, text: str) -> Any:
    """Those of the patients that the text means, at most `FOUND_AT_MOST`.

    `likeness` says of each how well it fits, from 0 to 1, for ordering. `has_more` of what is
    returned says whether more would fit.
    """
    meant = list(word_readings(text))
    keys, has_more = find_patients(patients, meant)
    words = " ".join(reading.words for reading in meant).strip()
    alike = Func(
        Func(Value(words), function="clinic_fold"),
        "search_name",
        function="WORD_SIMILARITY",
        output_field=FloatField(),
    )
    found = patients.filter(one_of([key for of_step in keys for key in of_step]))
    likeness: Any = alike
    keys = [of_step for of_step in keys if of_step]
    if len(keys) > 1:  # What an earlier step found fits better.
        last = len(keys) - 1
        ranks = [When(one_of(each), Value(float(last - step))) for step, each in enumerate(keys)]
        rank = Case(*ranks[:-1], default=Value(0.0), output_field=FloatField())
        likeness = (rank + alike) / len(keys)
    found = found.annotate(likeness=likeness)
    found.has_more = has_more
    return found


def find_patients(patients: Any, meant: list[Sought]) -> tuple[list[list[UUID]], bool]:
    """The keys of those who fit, step by step, and whether there are more of them."""
    patients = with_targets(patients).order_by()  # To sort all Millers takes longer than to find.
    found: list[list[UUID]] = []
    room = FOUND_AT_MOST
    for condition in steps(patients, meant):
        if found and FOUND_AT_MOST - room >= FEW:
            break
        known = one_of([key for keys in found for key in keys])
        rows = Rows(patients.filter(condition).exclude(known))
        keys = rows.first(room + 1)
        if len(keys) > room:
            return [*found, *first_of(patients, rows, meant, room)], True
        found.append(keys)
        room -= len(keys)
    return found, False


class Rows:
    """Those who fit. The statement is composed once, which takes longer than some of its runs."""

    def __init__(self, fitting: Any):
        try:
            self.query, self.parameters = fitting.values("pk").query.sql_with_params()
        except EmptyResultSet:
            self.query, self.parameters = "", ()

    def first(self, count: int, order: str = "") -> list[UUID]:
        if not self.query:
            return []
        with connection.cursor() as cursor:
            cursor.execute(f"{self.query} {order} LIMIT {count}", self.parameters)
            return [key for (key,) in cursor.fetchall()]


def first_of(patients: Any, rows: Rows, meant: list[Sought], room: int) -> list[list[UUID]]:
    """Of too many that fit: whose own number or phone was sought, then by name."""
    own: list[UUID] = []
    if condition := any_of(own_key(one) for one in meant if one.is_key):
        own = Rows(patients.filter(condition)).first(room, BY_NAME)
    others = [key for key in rows.first(room, BY_NAME) if key not in own]
    return [own, others[: room - len(own)]]


def steps(patients: Any, meant: list[Sought]) -> Iterator[Q]:
    """What must hold, from what fits as it stands to what hardly does."""
    if not meant:
        return
    words = {one.words: folded_words(one.words) for one in meant if one.words}
    for fit in (whole_word, starting_with):
        yield any_of(exactly(one) & fit(words.get(one.words)) for one in meant)
    for one in meant:
        if one.words and words[one.words]:
            alike = alike_words(patients, words[one.words])
            yield exactly(one) & has_words(all_of(alike))
            if one == Sought(words=one.words) and " " not in one.words:
                yield Q(to_email__contains=one.words)


def alike_words(patients: Any, words: list[Word]) -> list[list[str]]:
    """For each word itself, and what it may stand for among the words of names."""
    if patients.is_narrowed:
        of_name = Func(F("search_words"), function="tsvector_to_array", output_field=TextField())
        names = patients.order_by().values_list(of_name, flat=True)
        own = {word for of_one in names for word in of_one}
        return [[*word, *closest(word[0], own)] for word in words]
    with connection.cursor() as cursor:
        found = []
        for word in words:
            cursor.execute("SELECT clinic_alike_words(%s)", [word[0]])
            found.append([*word, *closest(word[0], (row[0] for row in cursor.fetchall()))])
    return found
