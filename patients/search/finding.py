"""How a search text finds patients among a million.

Three steps, each only as far as the ones before found little: what fits as it stands; names with
typos; parts of e-mail addresses. The words of all names are in a table of their own
(`patients_nameword`, kept by the database): a word with a typo is looked up there, among some
ten thousand words, and what it may stand for is looked up by index among the patients.

Who sees only some patients gets what is among them: their rows are read, not the indexes, so
that neither the answer nor the time it takes tells of others.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    F,
    FloatField,
    Func,
    Q,
    TextField,
    UUIDField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Reverse

from clinic.alike import closest
from patients.search.text import Sought, word_readings

NOBODY = Q(pk__in=[])
FOUND_AT_MOST = 200  # Of a search that fits more, the rest isn't shown.
FEW = 20  # With fewer found, the next step is taken.
SHORT = 3  # Letters. By the first one or two alone, too many names are alike.


def search(patients: Any, text: str) -> Any:
    """Those of the patients that the text means, at most `FOUND_AT_MOST`.

    `likeness` says of each how well it fits, from 0 to 1, for ordering.
    """
    keys = find_patients(patients, text)
    words = " ".join(reading.words for reading in word_readings(text)).strip()
    alike = Func(
        Func(Value(words), function="clinic_fold"),
        "search_name",
        function="WORD_SIMILARITY",
        output_field=FloatField(),
    )
    found = patients.filter(one_of([key for of_step in keys for key in of_step]))
    if len(keys) < 2 or not all(keys[:-1]):
        return found.annotate(likeness=alike)
    ranks = [When(one_of(each), then=Value(1 - step / 4)) for step, each in enumerate(keys)]
    rank = Case(*ranks[:-1], default=Value(0.0), output_field=FloatField())
    return found.annotate(likeness=(rank + alike) / 2)


def find_patients(patients: Any, text: str) -> list[list[UUID]]:
    """The keys of those who fit, step by step."""
    patients = with_targets(patients).order_by()  # To sort all Millers takes longer than to find.
    found: list[list[UUID]] = []
    for condition in steps(patients, text):
        count = sum(map(len, found))
        if found and count >= FEW:
            break
        known = one_of([key for keys in found for key in keys])
        rows = patients.filter(condition).exclude(known).values_list("pk", flat=True)
        found.append(list(rows[: FOUND_AT_MOST - count]))
    return found


def one_of(keys: list[UUID]) -> Q:
    """`pk__in`, as one text: Django writes each of some hundred keys into the statement by hand."""
    if not keys:
        return NOBODY
    return among(Value(f"{{{','.join(map(str, keys))}}}"))


def among(keys: Combinable) -> Q:
    """The key is one of these, a `uuid[]`."""
    condition: Any = Func(
        F("pk"),
        keys,
        template="%(expressions)s::uuid[])",
        arg_joiner=" = ANY (",
        output_field=BooleanField(),
    )
    return Q(condition)


def with_targets(patients: Any) -> Any:
    """With what is compared. Of narrowed patients it is compared in a way that no index serves."""

    def target(name: str) -> Combinable:
        return Greatest(F(name), F(name)) if patients.is_narrowed else F(name)

    return patients.alias(
        to_name=target("search_name"),
        to_email=target("email"),
        to_phone=target("phone"),
        to_ending=Reverse(target("phone"), output_field=TextField()),
        to_number=target("number"),
        to_born=target("date_of_birth"),
    )


def steps(patients: Any, text: str) -> Iterator[Q]:
    """What must hold, from what fits as it stands to what hardly does."""
    meant = list(word_readings(text))
    if not meant:
        return
    words = {one.words: folded_words(one.words) for one in meant if one.words}
    for fit in (whole_word, starting_with):
        yield any_of(exactly(one) & fit(words.get(one.words)) for one in meant)
    for one in meant:
        if one.words and words[one.words]:
            alike = alike_words(patients, words[one.words])
            yield exactly(one) & has_words(all_of_query(alike))
            if one == Sought(words=one.words) and " " not in one.words:
                yield Q(to_email__contains=one.words)


def any_of(conditions: Iterable[Q]) -> Q:
    together = Q()
    for condition in conditions:
        together |= condition
    return together


def exactly(sought: Sought) -> Q:
    """All that was sought beside the words of a name."""
    condition = Q()
    if sought.mail:
        condition &= Q(to_email__contains=sought.mail)
    if sought.days:
        condition &= Q(to_born__in=sought.days)
    others = Q()
    if sought.numbers:
        others |= Q(to_number__in=sought.numbers)
    if sought.phones:
        others |= Q(to_phone__in=sought.phones)
    for ending in sought.endings:
        others |= Q(to_ending__startswith=ending[::-1])
    for year in sought.years:
        others |= Q(to_born__gte=f"{year}-01-01", to_born__lte=f"{year}-12-31")
    if sought.is_key:
        return (condition & others) | standing_for(sought)
    return condition & others


def standing_for(sought: Sought) -> Q:
    """The records that stand for others which had this number, phone or address: they are
    looked up once, before the patients are, so that an index finds these."""
    keys = Func(
        Value(sought.numbers),
        Value(sought.phones),
        Value([f"{literal(ending[::-1])}%" for ending in sought.endings]),
        Value(f"%{literal(sought.mail)}%" if sought.mail else None),
        function="clinic_standing_keys",
        output_field=ArrayField(UUIDField()),
    )
    return among(keys)


def literal(text: str) -> str:
    """The text in a pattern of LIKE, where it means nothing but itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def whole_word(words: list[str] | None) -> Q:
    """Every word is a word of the name. None is no matter; words of signs alone fit nobody."""
    if words is None:
        return Q()
    return has_words(" & ".join(map(lexeme, words))) if words else NOBODY


def starting_with(words: list[str] | None) -> Q:
    """Every word is the beginning of a word of the name."""
    if not words:
        return NOBODY  # What has no words was found as a whole.
    long = [word for word in words if len(word) >= SHORT]
    if not long and max(map(len, words)) > 1:
        return has_words(" & ".join(f"{lexeme(word)}:*" for word in words))
    condition = has_words(" & ".join(f"{lexeme(word)}:*" for word in long)) if long else Q()
    for word in words:
        if len(word) < SHORT:  # Not by index: too many names begin like this.
            condition &= (
                Q(to_name__startswith=word)
                | Q(to_name__contains=f" {word}")
                | Q(to_name__contains=f"-{word}")
            )
    return condition


def has_words(query: str) -> Q:
    """The name has the words of this `tsquery`."""
    condition: Any = Func(
        F("to_name"),
        Value(query),
        template="array_to_tsvector(clinic_words(%(expressions)s AS tsquery)",
        arg_joiner=")) @@ CAST(",
        output_field=BooleanField(),
    )
    return Q(condition)


def lexeme(word: str) -> str:
    return f"'{word}'"


def all_of_query(alike: list[list[str]]) -> str:
    """One of each list, all lists: as a `tsquery`."""
    return " & ".join("(" + " | ".join(map(lexeme, words)) + ")" for words in alike)


def folded_words(text: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_words(clinic_fold(%s))", [text])
        return cursor.fetchone()[0]


def alike_words(patients: Any, words: list[str]) -> list[list[str]]:
    """For each word itself, and what it may stand for among the words of names."""
    if patients.is_narrowed:
        of_name = Func(F("search_name"), function="clinic_words", output_field=TextField())
        names = patients.order_by().values_list(of_name, flat=True)
        own = {word for of_one in names for word in of_one}
        return [[word, *closest(word, own)] for word in words]
    with connection.cursor() as cursor:
        found = []
        for word in words:
            cursor.execute("SELECT clinic_alike_words(%s)", [word])
            found.append([word, *closest(word, (row[0] for row in cursor.fetchall()))])
    return found
