"""Texts that mean harm, through the forms of site and console: kept as they were typed or refused
beside their field, and inert in every page and line of the log that follows."""

import json
import logging
import re

import pytest
from django.db import transaction

from clinic.logs import JsonFormatter
from tests.hostile.doors import DOORS, Door, form_of
from tests.hostile.texts import MARKUP, NAUGHTY, TAG

pytestmark = pytest.mark.django_db
# Less what no form can send, as it has no bytes in UTF-8, and what others stand for.
LEFT_OUT = {"surrogate", "calendar", "sql", "markup", "combining"}
TEXTS = {name: text for name, text in NAUGHTY.items() if name not in LEFT_OUT}
TEXTS |= {"breaks out": MARKUP, "quotes": "'; DROP TABLE x; -- \\' OR 1=1"}
# What a page would hold that took a text for more than a text.
OBEYED = re.compile(rf"{TAG}|<script>alert|<img src=x|(?<![\w-])1337(?![\w-])")


class Lines(logging.Handler):
    """Keeps what is logged, as production writes it."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonFormatter())
        self.lines: list[str] = []

    def emit(self, record):
        self.lines.append(self.format(record))


@pytest.fixture
def lines():
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler.lines
    logging.getLogger().removeHandler(handler)


def words(text: str) -> list[str]:
    """What blanks and commas part: former names are a list."""
    return text.replace(",", " ").split()


def faults_of(door: Door, name: str, shown: dict, typed: dict[str, str]) -> list[str]:
    """What is wrong about what becomes of what is typed, by field."""
    with transaction.atomic():
        answer = door.send(shown | typed)
        is_kept = answer.status_code == 302 and door.made
        kept = {each: door.kept(each) for each in typed} if is_kept else {}
        transaction.set_rollback(True)
    wrong = [
        f"{name}: {each} became {value[:60]!r}"
        for each, value in kept.items()
        if words(value) != words(typed[each]) and typed[each].split()
    ]
    page = answer.content.decode(errors="replace")
    if found := OBEYED.search(page):
        wrong.append(f"{name}: {page[max(0, found.start() - 200) :][:300]}")
    if any("\n" in value or "\r" in value for _, value in answer.items()):
        wrong.append(f"{name}: a line of its own in a header")
    if answer.status_code not in (200, 302, 400, 413):
        wrong.append(f"{name}: {answer.status_code}")
    return wrong or (faults_of_refused(door, name, shown, typed, answer))


def faults_of_refused(door: Door, name: str, shown: dict, typed: dict, answer) -> list[str]:
    """Each refused field has its sentence, and without those fields it is no more refused."""
    if answer.status_code != 200 or not door.made:
        return []
    refused = form_of(answer).errors
    left = {each: text for each, text in typed.items() if each not in refused}
    if left and len(left) == len(typed):
        return [f"{name}: {[*left]} refused with nothing beside them: {refused}"]
    return faults_of(door, name, shown, left) if left else []


@pytest.mark.walk
@pytest.mark.parametrize("which", DOORS)
def test_a_form_keeps_a_text_as_it_is_or_refuses_it(which, lines, settings):
    """All texts of a form at once, then without those that were refused: each is judged."""
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
    settings.AXES_ENABLED = False
    door = DOORS[which]()
    shown, texts = door.shown(), door.texts()
    assert texts, "Nothing can be typed there."

    wrong = []
    for name, text in TEXTS.items():
        fits = {each: text if name == "long" else text[:most] for each, most in texts.items()}
        if "former_names" in fits:  # That it is another name.
            fits["former_names"] = text.split()[0][:30] if text.split() else ""
        wrong += faults_of(door, name, shown, fits)

    assert not wrong, "\n".join(wrong)
    for line in lines:
        assert json.loads(line)
        assert not re.search(r"[\x00-\x1f\x7f\u2028]", line), line
        assert "evil" not in line
        assert "everybody@mail.example" not in line
