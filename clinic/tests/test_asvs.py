"""What the documents of security name exists, and the figures of the ASVS' table are its own."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from clinic.operations.deploy_checks import CHECKS

ROOT: Path = settings.BASE_DIR
DOCUMENTS = ("SECURITY.md", "docs/asvs.md", "docs/security.md", "docs/threat-model.md")
STANDS = ("met", "in part", "not met", "not applicable")
ROW = re.compile(
    r"^\| (\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| ([a-z ]+) \| \S[^|]* \|$", re.MULTILINE
)
CHAPTER = re.compile(r"^\| (?:V(\d+) [^|]+|all) \| (\d+) \| (.+) \|$", re.MULTILINE)
# As many as the standard has of levels 1 and 2, by chapter.
ASKED = (27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7)
# A path of the project: in a folder that it has, or a file of the root.
PATH = re.compile(r"`([\w.-]+(?:/[\w.-]+)+|[\w.-]+\.(?:lock|toml|yml|md))`")
MADE = {"var/sbom.json"}


def text(name: str) -> str:
    return (ROOT / name).read_text()


def rows() -> list[tuple[str, str, str]]:
    """Number, level and where it stands."""
    return ROW.findall(text("docs/asvs.md"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_it_names_exists(name):
    document = text(name)
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document)
    commands = re.findall(r"manage\.py ([a-z_]+)", document)
    modules = re.findall(r"python -m (tests\.[a-z]+)", document)
    checks = re.findall(r"`(clinic\.W\d+)`", document)

    named = set(PATH.findall(document)) - MADE
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []
    assert set(commands) <= set(get_commands())
    assert all((ROOT / module.replace(".", "/") / "__main__.py").exists() for module in modules)
    assert set(checks) <= {number for number, _ in CHECKS}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_settings_that_it_names_can_be_set(name):
    known = set(re.findall(r"^#? ?([A-Z][A-Z_]+)=", text(".env.example"), re.MULTILINE))
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`", text(name)))

    assert named <= known


def test_each_requirement_has_a_row_and_no_two():
    numbers = [number for number, _, _ in rows()]

    by_chapter = Counter(int(number.partition(".")[0]) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert tuple(by_chapter[chapter] for chapter in range(1, 18)) == ASKED
    assert Counter(level for _, level, _ in rows()) == {"1": 70, "2": 183}
    assert {stands for _, _, stands in rows()} == set(STANDS)


def test_the_figures_at_the_top_are_those_of_the_tables():
    for chapter, asked, figures in CHAPTER.findall(text("docs/asvs.md")):
        own = [row for row in rows() if not chapter or row[0].startswith(f"{chapter}.")]
        stands = Counter(stand for _, _, stand in own)
        assert int(asked) == len(own)
        assert [int(figure) for figure in figures.split(" | ")] == [stands[one] for one in STANDS]


def test_what_is_lacking_is_listed():
    listed = text("docs/asvs.md").partition("## What is lacking")[2].partition("## V1 ")[0]
    lacking = {number for number, _, stands in rows() if stands in ("in part", "not met")}

    assert set(re.findall(r"\d+\.\d+\.\d+", listed)) == lacking
