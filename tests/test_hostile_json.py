"""What the API takes for JSON, and what it doesn't."""

from io import BytesIO
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.exceptions import ParseError

from clinic.api.parsers import StrictJSONParser
from tests.hostile.json_bodies import REFUSED, TAKEN

ANYBODY = {"request": SimpleNamespace(user=AnonymousUser())}


def parsed(body: bytes):
    return StrictJSONParser().parse(BytesIO(body), parser_context=ANYBODY)


@pytest.mark.parametrize("body", TAKEN, ids=repr)
def test_what_is_json_is_taken(body):
    parsed(body)


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: repr(body[:20]))
def test_what_is_no_json_or_means_two_things_is_refused(body):
    with pytest.raises(ParseError):
        parsed(body)
