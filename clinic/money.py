"""Amounts of money, in the currencies of ISO 4217 and with as many decimals as each has."""

from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from iso4217 import Currency

MOST_DIGITS, MOST_DECIMALS = 12, 4  # ISO 4217 knows none with more decimals.
BOTH_SENTENCE = _("A price has an amount and a currency.")
UNKNOWN_SENTENCE = _("%(code)s is no currency of ISO 4217, such as EUR.")
DECIMALS_SENTENCE = _("Amounts in %(code)s have %(count)d decimals at most.")
NEGATIVE_SENTENCE = _("A price is 0 or more.")


def decimals_of(code: str) -> int | None:
    """How many decimals amounts in this currency have; None: there is no such currency.

    Metals, funds' units and codes for testing have an entry in ISO 4217, too, but no decimals.
    """
    try:
        return Currency(code).exponent
    except ValueError:
        return None


def check_price(amount: Decimal, currency: str) -> None:
    """Raise ValidationError (keyed to `price_amount`, `price_currency`) of what is no price."""
    decimals = decimals_of(currency)
    if decimals is None:
        raise ValidationError({"price_currency": UNKNOWN_SENTENCE % {"code": currency}})
    if amount < 0:
        raise ValidationError({"price_amount": NEGATIVE_SENTENCE})
    if amount != amount.quantize(Decimal(1).scaleb(-decimals)):
        words = {"code": currency, "count": decimals}
        raise ValidationError({"price_amount": DECIMALS_SENTENCE % words})


def amount_text(amount: Decimal, currency: str) -> str:
    """The amount with the decimals of its currency: "45.00" in EUR, "4500" in JPY."""
    return f"{amount:.{decimals_of(currency) or 0}f}"


class Price(NamedTuple):
    amount: Decimal
    currency: str  # Of ISO 4217.


class Priced(models.Model):
    """A record that may have a price. No price is not the same as one of 0."""

    price_amount = models.DecimalField(
        "price",
        max_digits=MOST_DIGITS,
        decimal_places=MOST_DECIMALS,
        null=True,
        blank=True,
    )
    price_currency = models.CharField(
        "currency", max_length=3, blank=True, default="", db_default=""
    )

    class Meta:
        abstract = True

    @property
    def price(self) -> Price | None:
        return None if self.price_amount is None else Price(self.price_amount, self.price_currency)

    @price.setter
    def price(self, price: Price | None) -> None:
        self.price_amount, self.price_currency = price or (None, "")

    @property
    def price_text(self) -> str:
        """As people read it: "45.00 EUR"; empty where there is none."""
        if self.price_amount is None:
            return ""
        return f"{amount_text(self.price_amount, self.price_currency)} {self.price_currency}"

    def clean(self):
        super().clean()
        if (self.price_amount is None) != (not self.price_currency):
            missing = "price_amount" if self.price_amount is None else "price_currency"
            raise ValidationError({missing: BOTH_SENTENCE})
        if self.price_amount is not None:
            check_price(self.price_amount, self.price_currency)


def price_whole(name: str) -> models.CheckConstraint:
    """Either no price, or an amount of 0 or more in a currency."""
    return models.CheckConstraint(
        name=name,
        condition=Q(price_amount=None, price_currency="")
        | Q(price_amount__gte=0, price_currency__regex="^[A-Z]{3}$"),
        violation_error_message=BOTH_SENTENCE,
    )
