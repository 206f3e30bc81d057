from django import template
from django.utils.formats import number_format

from clinic.money import Priced, decimals_of

register = template.Library()


@register.filter
def price(record: Priced) -> str:
    """What it costs, as the language writes amounts: "45.00 EUR", "45,00 EUR"; or nothing."""
    if record.price_amount is None:
        return ""
    decimals = decimals_of(record.price_currency)
    amount = number_format(record.price_amount, decimals, force_grouping=True)
    return f"{amount} {record.price_currency}"
