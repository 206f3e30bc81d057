"""The catalogues of languages: whole, compiled, and with the same holes as the English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings

APPS = ("accounts", "appointments", "clinic", "doctors", "patients")
CATALOGUES = sorted((settings.BASE_DIR / "clinic" / "locale").glob("*/LC_MESSAGES/django.po"))
HOLE = re.compile(r"%\(\w+\)s|%d|\{\w+\}")
TAG = re.compile(r"</?\w+[^>]*>")
# What the templates mark; a sentence and, where it counts something, its plural.
SHORT = re.compile(r"""(?:\{% translate |_\()(["'])(.*?)\1""")
LONG = re.compile(
    r"\{% blocktranslate.*?%\}(.*?)(?:\{% plural %\}(.*?))?\{% endblocktranslate %\}", re.S
)
MARKED = ("{% translate", "{% blocktranslate", "_(")
FUNCTIONS = {"_": 0, "gettext": 0, "gettext_lazy": 0, "ngettext": 0, "pgettext_lazy": 1}


@pytest.fixture(params=CATALOGUES, ids=lambda path: path.parts[-3])
def catalogue(request) -> polib.POFile:
    return polib.pofile(request.param)


def templates() -> Iterator[tuple[str, str]]:
    """The names and the text of all templates but those of the console and the API's pages."""
    folder = settings.BASE_DIR / "templates"
    for path in sorted(folder.rglob("*.*")):
        name = path.relative_to(folder).as_posix()
        if not name.startswith(("admin/", "drf_spectacular/")):
            yield name, path.read_text()


def of_templates() -> Iterator[str]:
    for _name, text in templates():
        yield from (match[2] for match in SHORT.finditer(text))
        for match in LONG.finditer(text):
            yield re.sub(r"\{\{ (\w+) \}\}", r"%(\1)s", match[1])


def of_python() -> Iterator[str]:
    files = [path for app in APPS for path in sorted((settings.BASE_DIR / app).rglob("*.py"))]
    for path in files:
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                place = FUNCTIONS.get(node.func.id)
                if place is not None and isinstance(node.args[place], ast.Constant):
                    yield node.args[place].value


def test_every_language_but_english_has_a_catalogue():
    codes = {code for code, _name in settings.LANGUAGES} - {"en"}

    assert codes
    assert codes <= {path.parts[-3] for path in CATALOGUES}


def test_it_holds_every_sentence_and_no_other(catalogue):
    sentences = {*of_templates(), *of_python()}

    assert len(sentences) > 400
    assert {entry.msgid for entry in catalogue} == sentences, "run `make messages`"


def test_every_sentence_is_translated(catalogue):
    assert not [entry.msgid for entry in catalogue if not entry.translated() or entry.fuzzy]


def test_the_holes_and_the_tags_are_those_of_the_english(catalogue):
    for entry in catalogue:
        if entry.msgctxt == "date":
            continue
        for told in entry.msgstr_plural.values() or [entry.msgstr]:
            assert set(HOLE.findall(told)) == set(HOLE.findall(entry.msgid)), told
            assert sorted(TAG.findall(told)) == sorted(TAG.findall(entry.msgid)), told


def test_it_is_compiled(catalogue):
    compiled = polib.mofile(str(Path(catalogue.fpath).with_suffix(".mo")))

    def told(entries) -> dict:
        return {
            (entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural) for entry in entries
        }

    assert told(compiled) == told(catalogue), "run `make messages`"


@pytest.mark.parametrize(("name", "text"), [*templates()], ids=lambda value: value[:40])
def test_no_words_of_a_template_are_left_unmarked(name, text):
    for pattern in (LONG, re.compile(r"<style>.*?</style>", re.S), re.compile(r"\{#.*?#\}")):
        text = pattern.sub("", text)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.S)
    spoken = re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]*)"', text)
    words = [*re.sub(r"<[^>]*>", "\n", text).split("\n"), *spoken]

    left = [line.strip() for line in words if re.search(r"[A-Za-z]{2}", line)]
    assert not left or name == "appointments/_back.html" or set(left) == {ADDRESSES.get(name)}


ADDRESSES = {
    "accounts/email/confirm_email.txt": "/confirm-email/?token=",
    "accounts/email/sign_in_link.txt": "/sign-in/link/open/?token=",
    "accounts/email/reset_password.txt": "/password/reset/confirm/?token=",
    "accounts/email/verify_email.txt": "/verify-email/?token=",
    "doctors/email/approved.txt": "/password/reset/confirm/?token=",
    "doctors/email/received.txt": "/verify-email/?token=",
}


def test_one_german_word_means_signing_in_alone():
    """ "Anmelden" is signing in: neither to register, nor the desk at which patients do."""
    [german] = [path for path in CATALOGUES if path.parts[-3] == "de"]
    for entry in polib.pofile(german):
        said = "".join([entry.msgstr, *entry.msgstr_plural.values()])
        if "nmeld" in said and not entry.obsolete:
            assert re.search(r"(?i)sign|log", entry.msgid), (entry.msgid, said)
