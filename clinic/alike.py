"""Words that are alike: whatever their accents, however umlauts are written, and with slips."""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz.distance import DamerauLevenshtein

ALIKE_WORDS = 12  # What a word with typos may stand for.
UMLAUT = re.compile("([aou])e")


def folded_text(text: str) -> str:
    """The text as it is compared: in one case, without accents, Tuerk as Türk."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return UMLAUT.sub(r"\1", "".join(one for one in decomposed if not unicodedata.combining(one)))


def closest(word: str, others: Iterable[str], slips: int | None = None) -> list[str]:
    """Those that one slip makes of the word, or two in a longer one; the closest first."""
    if slips is None:
        slips = 1 + (len(word) > 4)
    near = []
    for other in others:
        distance = min(
            DamerauLevenshtein.distance(word, other, score_cutoff=slips),
            1 + DamerauLevenshtein.distance(word, other[: len(word)], score_cutoff=slips - 1),
        )
        if distance <= slips and other != word:
            near.append((distance, other))
    return [other for _, other in sorted(near)[:ALIKE_WORDS]]
