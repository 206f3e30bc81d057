"""What a table of figures is made of."""

from dataclasses import dataclass, field
from typing import NamedTuple

Value = str | int | float | None


class Column(NamedTuple):
    """Of `series`, a chart draws the values, in this colour of the page."""

    name: str
    series: str = ""


@dataclass
class Table:
    """One figure. The first cell of a row says what it is about; `total` is a row, too."""

    key: str
    title: str
    note: str
    chart: str  # Which way it is drawn: see static/clinic/statistics.js.
    columns: list[Column]
    rows: list[list[Value]] = field(default_factory=list)
    total: list[Value] = field(default_factory=list)
    unit: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(value for row in self.rows for value in row[1:])


def percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 1)
