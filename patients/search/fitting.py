"""What must hold of a patient who is sought, as conditions of a query on `with_targets()`."""

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, F, Func, Q, TextField, UUIDField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Reverse

from patients.search.text import Sought
from patients.search.words import Word, all_of, any_query, name_spellings

NOBODY = Q(pk__in=[])
SHORT = 3  # Letters. By the first one or two alone, too many names are alike.


def with_targets(patients: Any) -> Any:
    """With what is compared. Of narrowed patients it is compared in a way that no index serves."""

    def target(name: str) -> Combinable:
        return Greatest(F(name), F(name)) if patients.is_narrowed else F(name)

    return patients.alias(
        to_name=target("search_name"),
        to_words=F("search_words")
        if patients.is_narrowed
        else Func("search_words", function="clinic_indexed", output_field=SearchVectorField()),
        to_email=target("email"),
        to_phone=target("phone"),
        to_ending=Reverse(target("phone"), output_field=TextField()),
        to_number=target("number"),
        to_born=target("date_of_birth"),
    )


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
    others = own_key(sought)
    for ending in sought.endings:
        others |= Q(to_ending__startswith=ending[::-1])
    for year in sought.years:
        others |= Q(to_born__gte=f"{year}-01-01", to_born__lte=f"{year}-12-31")
    if sought.is_key:
        return (condition & others) | standing_for(sought)
    return condition & others


def own_key(sought: Sought) -> Q:
    """The record number or the whole phone is what was sought."""
    condition = Q()
    if sought.numbers:
        condition |= Q(to_number__in=sought.numbers)
    if sought.phones:
        condition |= Q(to_phone__in=sought.phones)
    return condition


def standing_for(sought: Sought) -> Q:
    """The records that stand for others which had this number, phone or address: they are
    looked up once, before the patients are, so that an index finds these."""
    keys = Func(
        Value(sought.numbers),
        Value(sought.phones),
        Value([f"{literal(ending[::-1])}%" for ending in sought.endings]),
        Value(f"%{literal(sought.mail)}%" if sought.mail else None),
        template="(SELECT clinic_standing_keys(%(expressions)s))",  # Once, not for each row.
        output_field=ArrayField(UUIDField()),
    )
    return among(keys)


def literal(text: str) -> str:
    """The text in a pattern of LIKE, where it means nothing but itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def whole_word(words: list[Word] | None) -> Q:
    """Every word is a word of the name. None is no matter; words of signs alone fit nobody."""
    if words is None:
        return Q()
    return spelled(name_spellings(words)) if words else NOBODY


def starting_with(words: list[Word] | None) -> Q:
    """Every word is the beginning of a word of the name."""
    if not words:
        return NOBODY  # What has no words was found as a whole.
    apart, *joined = name_spellings(words)
    joined = [one for one in joined if min(len(word[0]) for word in one) >= SHORT]
    if not joined:
        return beginnings(apart)
    return beginnings(apart) | has_words(any_query(all_of(one, ":*") for one in joined))


def spelled(spellings: Iterable[list[Word]]) -> Q:
    """One of these. The first on its own: an index is quick with words that must all be there."""
    apart, *joined = map(all_of, spellings)
    return has_words(apart) | has_words(any_query(joined)) if joined else has_words(apart)


def beginnings(words: list[Word]) -> Q:
    long = [word for word in words if len(word[0]) >= SHORT]
    if not long and max(len(word[0]) for word in words) > 1:
        return has_words(all_of(words, ":*"))
    condition = has_words(all_of(long, ":*")) if long else Q()
    for word in words:
        if len(word[0]) < SHORT:  # Not by index: too many names begin like this.
            condition &= (
                Q(to_name__startswith=word[0])
                | Q(to_name__contains=f" {word[0]}")
                | Q(to_name__contains=f"-{word[0]}")
            )
    return condition


def has_words(query: str) -> Q:
    """The name has the words of this `tsquery`."""
    condition: Any = Func(
        F("to_words"),
        Value(query),
        template="%(expressions)s AS tsquery)",
        arg_joiner=" @@ CAST(",
        output_field=BooleanField(),
    )
    return Q(condition)
