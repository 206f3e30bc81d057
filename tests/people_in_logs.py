"""Reads every line that the suite logs, as production's formatter writes it, for people: the names,
addresses and numbers that factories give out, and those of tests that plant some."""

import logging
import re

from clinic.logs import JsonFormatter

PEOPLE = re.compile(
    r"Lovelace[0-9]|Xanthippe|Quizzlebaum|Ptolemaeus|Wobblethorpe|Thistlewood|Canarybird"
    r"|@mail\.example|@planted|\+49151[0-9]{6}|Dragon (fever|cough)"
)


class Reader(logging.Handler):
    """Keeps the lines that tell of somebody. Few lines are written: reading them costs nothing."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(JsonFormatter())
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if PEOPLE.search(line):
            self.found.append(line)


_reader = Reader()


def listen() -> None:
    """Whoever sets up logging anew, as a server in this process does, drops who listens."""
    root = logging.getLogger()
    if _reader not in root.handlers:
        root.addHandler(_reader)


def told() -> list[str]:
    """What was told of people since this was asked last."""
    found, _reader.found = _reader.found, []
    return found
