"""Where a line lives: what the contracts of `pyproject.toml` say holds for every module."""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
APPS = ["accounts", "appointments", "clinic", "doctors", "patients"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LAYERED = [
    contract
    for contract in PROJECT["tool"]["importlinter"]["contracts"]
    if "containers" in contract
]
# One word for one thing that each record has: a service, reached by its module's name.
VERBS = {
    "approve",
    "book",
    "cancel",
    "change",
    "close",
    "delete",
    "reject",
    "reset",
}


@pytest.mark.parametrize("app", APPS)
def test_every_module_is_in_one_layer(app):
    (contract,) = [contract for contract in LAYERED if app in contract["containers"]]
    layers = re.findall(r"\w+", " ".join(contract["layers"]))
    children = {
        path.stem
        for path in (ROOT / app).iterdir()
        if (path.suffix == ".py" or (path / "__init__.py").exists()) and path.stem != "__init__"
    }
    assert len(layers) == len(set(layers))
    assert children - set(contract["exhaustive_ignores"]) <= set(layers)


def test_types_are_checked_by_folder():
    """What is exempt from a check of types is a layer, never a file."""
    for exempt in PROJECT["tool"]["mypy"]["overrides"]:
        if "disable_error_code" in exempt:
            assert all(module.endswith(".*") for module in exempt["module"])


def test_names_of_functions_can_be_searched_for():
    """No short name stands in several modules for different things."""
    places = defaultdict(set)
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if {"tests", "migrations", "seeding"} & set(path.parts):
                continue
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and node.name.isalpha():
                    places[node.name].add(str(path.relative_to(ROOT)))
    several = {name: sorted(where) for name, where in places.items() if len(where) > 1}
    assert several.keys() <= VERBS, several
