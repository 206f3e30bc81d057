"""Prices as the API reads and writes them."""

import re
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.api.fields import TextField
from clinic.api.serializers import WholeSerializer, fault
from clinic.money import DECIMALS_SENTENCE, Price, amount_text, check_price, decimals_of

AMOUNT = re.compile(r"-?\d{1,8}(\.\d{1,9})?", re.ASCII)


@extend_schema_field({"type": "string", "pattern": r"^[0-9]{1,8}(\.[0-9]{1,4})?$"})
class AmountField(serializers.CharField):
    """A decimal number as a string: numbers of JSON lose digits on their way."""

    default_error_messages = {"invalid": 'Write the amount as a string, such as "45.00".'}

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not AMOUNT.fullmatch(data):
            self.fail("invalid")
        return Decimal(data)


class PriceSerializer(WholeSerializer):
    """An amount with at most as many decimals as its currency has, and all of them out."""

    amount = AmountField(help_text='0 or more: `"45.00"` in EUR, `"4500"` in JPY.')
    currency = TextField(max_length=3, help_text="ISO 4217, such as EUR.")

    def to_internal_value(self, data: Any) -> Price:
        return Price(**super().to_internal_value(data))

    def to_representation(self, instance: Price) -> dict[str, str]:
        return {"amount": amount_text(*instance), "currency": instance.currency}

    def faults_beyond_fields(self, valid, errors):
        faults = super().faults_beyond_fields(valid, errors)
        if errors or faults:
            return faults
        try:
            check_price(**valid)
        except ValidationError as error:
            told = error.message_dict.items()
            return {name.removeprefix("price_"): fault(one) for name, (one,) in told}
        decimals = decimals_of(valid["currency"]) or 0
        if -valid["amount"].as_tuple().exponent > decimals:
            words = {"code": valid["currency"], "count": decimals}
            return {"amount": fault(DECIMALS_SENTENCE % words)}
        return {}
