"""One mailbox is one address, however it is written."""

import pytest
from django.core.exceptions import ValidationError

from clinic.emails import normal_email, read_email


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Grace@Mail.EXAMPLE ", "grace@mail.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a＠ｍａｉｌ．example", "a@mail.example"),  # noqa: RUF001
        ("a@mail。example", "a@mail.example"),
    ],
)
def test_every_way_of_writing_an_address_is_the_same_one(text, address):
    assert read_email(text) == normal_email(text) == address


@pytest.mark.parametrize("character", ["\u200b", "\u2060", "\u00ad", "\u200c", "\u200d", "\ufeff"])
@pytest.mark.parametrize("form", ["an{}n@mail.example", "ann@ma{}il.example"])
def test_invisible_characters_are_refused_by_name(character, form):
    with pytest.raises(ValidationError, match="invisible"):
        read_email(form.format(character))


@pytest.mark.parametrize(
    "text",
    ["a@localhost", "a@[127.0.0.1]", "a@[IPv6:::1]", "a@10.0.0.25", "a@xn--zzzzzz.example", "a"],
)
def test_what_no_mail_can_be_sent_to_is_refused(text):
    with pytest.raises(ValidationError):
        read_email(text)
