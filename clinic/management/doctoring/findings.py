"""How the checks answer, and in which order they are asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    WELL = "ok"
    WARNING = "look"
    FAULT = "FAULT"


@dataclass(frozen=True)
class Finding:
    """A line of what is so; `advice` says what to do about it."""

    level: Level
    told: str
    advice: str = ""


Check = Callable[[], Iterator[Finding]]


@dataclass(frozen=True)
class Examined:
    subject: str
    finding: Finding


def well(told: str) -> Finding:
    return Finding(Level.WELL, told)


def warning(told: str, advice: str) -> Finding:
    return Finding(Level.WARNING, told, advice)


def fault_of(told: str, advice: str) -> Finding:
    return Finding(Level.FAULT, told, advice)


def examine(subject: str, check: Check) -> Iterator[Examined]:
    """A check that fails is a fault of its subject; the others go on."""
    try:
        for finding in check():
            yield Examined(subject, finding)
    except Exception as error:
        told = str(error).strip().partition("\n")[0] or type(error).__name__
        yield Examined(subject, fault_of(f"Couldn't be looked at: {told}", "See what it says."))


def long_ago(seconds: float) -> str:
    """A length of time in the unit that reads best."""
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
