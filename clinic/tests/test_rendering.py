"""The API's renderer against REST framework's: the same bytes, whatever is in them."""

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import models
from django.utils.functional import lazystr
from django.utils.safestring import mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.serializer_helpers import ReturnDict

from clinic.api.rendering import QuickRenderer, quick_json

TEXT = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
)


class Kind(models.TextChoices):
    ONE = "one", "One"


@given(VALUES)
@settings(max_examples=100, derandomize=True, deadline=None, database=None)
def test_the_same_bytes_of_any_data(data):
    assert QuickRenderer().render(data) == JSONRenderer().render(data)


@pytest.mark.parametrize(
    "value",
    [
        None,
        'line\u2028end\u2029 \x00\x1f\x7f "quoted" \\ / </script> ü \U0001f600',
        2**70,
        {1: "a key that is no text", None: 2},
        date(2027, 3, 28),
        datetime(2027, 3, 28, 1, 2, 3, 456789, tzinfo=UTC),
        time(1, 2, 3, 456789),
        timedelta(minutes=90),
        Decimal("1.50"),
        UUID(int=7),
        Kind.ONE,
        lazystr("lazy"),
        mark_safe("<b>"),
        ReturnDict({"a": [1, (2, 3)]}, serializer=None),
        OrderedDict(b=1, a=2),
        {"set": {1}, "bytes": b"bytes"},
        0.5,
    ],
)
def test_the_same_bytes_of_what_serializers_give(value):
    assert QuickRenderer().render([value]) == JSONRenderer().render([value])
    assert QuickRenderer().render(value) == JSONRenderer().render(value)


def test_an_indent_is_honoured():
    asked, data = "application/json; indent=2", {"a": [1]}
    assert QuickRenderer().render(data, asked) == JSONRenderer().render(data, asked)
    assert QuickRenderer().render(data, asked) != quick_json(data)
