"""The words of a name that is sought, and how else people write them: in Latin letters, together
or apart. They are folded by the database, as the names on record are."""

from collections.abc import Iterable, Iterator
from itertools import product

from django.db import connection

# A word, and how it is written in Latin letters where that is another.
Word = tuple[str, ...]
JOINED_AT_MOST = 5  # Of more words, none are tried together.


def folded_words(text: str) -> list[Word]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, clinic_latin(word) FROM unnest(clinic_words(clinic_fold(%s))) AS word",
            [text],
        )
        return [tuple(dict.fromkeys(filter(None, row))) for row in cursor]


def name_spellings(words: list[Word]) -> Iterator[list[Word]]:
    """The words as they are written, and then with those together that stand side by side."""
    gaps = len(words) - 1 if len(words) <= JOINED_AT_MOST else 0
    if not gaps:
        yield words
        return
    for is_joined in product((False, True), repeat=gaps):
        runs = [[words[0]]]
        for word, joins in zip(words[1:], is_joined, strict=True):
            if joins:
                runs[-1].append(word)
            else:
                runs.append([word])
        yield [joined_word(run) for run in runs]


def joined_word(run: list[Word]) -> Word:
    ways = ("".join(word[way] for word in run) for way in (0, -1))
    return tuple(dict.fromkeys(ways))


def all_of(words: Iterable[Iterable[str]], ending: str = "") -> str:
    """Of each of the words one way to write it, as a `tsquery`. With `:*` they are beginnings."""
    ways = (" | ".join(f"'{way}'{ending}" for way in word) for word in words)
    return " & ".join(f"({way})" for way in ways)


def any_query(queries: Iterable[str]) -> str:
    return " | ".join(f"({query})" for query in queries)
