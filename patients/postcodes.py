"""What postal codes look like where that is certain (Unicode CLDR, `postalCodeData`)."""

import re

DIGITS = {
    4: "AT AU BE BG CH DK HU LI LU NO NZ SI ZA",
    5: "DE EE ES FI FR HR IT KR LT MX MY RS TH TR UA",
    6: "BY CN KZ RO RU SG",
}
OTHERS = {
    "BR": r"\d{5}-?\d{3}",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "CZ": r"\d{3} ?\d{2}",
    "GB": r"GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "GR": r"\d{3} ?\d{2}",
    "IE": r"[A-Z]\d[\dW] ?[A-Z\d]{4}",
    "IN": r"\d{3} ?\d{3}",
    "JP": r"\d{3}-?\d{4}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "PL": r"\d{2}-?\d{3}",
    "PT": r"\d{4}(-\d{3})?",
    "SE": r"\d{3} ?\d{2}",
    "SK": r"\d{3} ?\d{2}",
    "US": r"\d{5}(-\d{4})?",
}
PATTERNS = OTHERS | {
    country: rf"\d{{{count}}}" for count, named in DIGITS.items() for country in named.split()
}


def is_postal_code(text: str, country: str) -> bool:
    """Could this be a postal code of the country? Of one that isn't known here, any could."""
    pattern = PATTERNS.get(country)
    return pattern is None or re.fullmatch(pattern, text.upper(), re.ASCII) is not None
