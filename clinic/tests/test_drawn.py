"""What long pages are drawn with is as safe as what Django has for it."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinic.console.drawn import AddressOfEach, filled_html


@pytest.mark.parametrize("part", ["<b>", "a & b", '"O\'Neil"', "{0}", 7, SafeString("<i>x</i>")])
def test_what_is_not_safe_is_escaped_as_by_django(part):
    pattern = '<p title="{}">{}</p>'
    drawn = filled_html(pattern, part, part)
    assert (drawn, type(drawn)) == (format_html(pattern, part, part), SafeString)


def test_an_address_is_that_of_its_route():
    record = uuid4()
    step = "admin:appointments_appointment_step"
    assert AddressOfEach(step, "start")(record) == reverse(step, args=[record, "start"])
