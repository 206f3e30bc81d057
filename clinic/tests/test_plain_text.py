"""What texts may hold: every script, but nothing that reads otherwise than it is stored."""

import pytest
from django.core.exceptions import ValidationError

from clinic.text import PlainText
from clinic.visible import TURNING

ARABIC = "\u0645\u062d\u0645\u062f"
LINE, LINES = PlainText(), PlainText(multiline=True)


@pytest.mark.parametrize("character", sorted(TURNING), ids=ascii)
@pytest.mark.parametrize("check", [LINE, LINES], ids=["line", "lines"])
def test_nothing_turns_the_direction_of_what_follows(check, character):
    with pytest.raises(ValidationError, match="a mark for the direction of writing"):
        check(f"Ada{character}ecalevoL")


@pytest.mark.parametrize(
    "text", [ARABIC, f"{ARABIC}\u200f (2)", "a\tb\nc", "\u0645\u06cc\u200c\u062e"]
)
def test_notes_in_scripts_from_right_to_left_keep_their_marks(text):
    LINES(text)


def test_a_name_has_no_marks_that_nobody_sees():
    LINE(ARABIC)
    with pytest.raises(ValidationError, match="invisible"):
        LINE(f"{ARABIC}\u200f")
