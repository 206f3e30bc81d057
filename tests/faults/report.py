"""The table: what each fault cost those who worked meanwhile."""

import sys
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.clients import Findings
from tests.faults.kinds import Fault
from tests.faults.probes import Watch

HEAD = f"""| fault | answers | none | slowest | /livez | well after | |
{"| --- " * 7}|"""


@dataclass
class Row:
    """Seconds; `answers` by status, `none` where no answer came."""

    name: str
    answers: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    livez: float = 0.0
    livez_missed: int = 0
    well_after: float | None = 0.0
    missing: str = ""
    is_skipped: bool = False
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, name: str, findings: Findings, watch: Watch, well_after: float | None = 0.0
    ) -> "Row":
        return cls(
            name=name,
            answers=findings.answers,
            wrong=findings.wrong,
            slowest=findings.slowest,
            livez=watch.slowest,
            livez_missed=watch.missed,
            well_after=well_after,
        )

    def judge(self, fault: Fault) -> None:
        """Write down what no such fault excuses."""
        self.faults += [f"{times} x {what}" for what, times in self.wrong.items()]
        if self.well_after is None:
            self.faults.append(f"not well again ({self.missing})")
        if not fault.drops and self.answers["none"]:
            self.faults.append(f"{self.answers['none']} requests got no answer")

    def judge_times(self, fault: Fault, well_within: float, livez_within: float) -> None:
        if self.well_after is not None and self.well_after > well_within:
            self.faults.append(f"well again only after {self.well_after:.1f} s ({self.missing})")
        if not fault.closes and (self.livez > livez_within or self.livez_missed):
            self.faults.append(f"/livez took {self.livez:.1f} s, missed {self.livez_missed}")

    def __str__(self) -> str:
        if self.is_skipped:
            return f"| {self.name} | can't be tried on this machine | | | | | |"
        shown = ", ".join(
            f"{times} x {status}"
            for status, times in sorted(self.answers.items())
            if status != "none"
        )
        well = "not" if self.well_after is None else f"{self.well_after:.1f} s"
        end = "; ".join(self.faults) or "as it must be"
        return (
            f"| {self.name} | {shown} | {self.answers['none']} | {self.slowest:.1f} s "
            f"| {self.livez:.2f} s | {well} | {end} |"
        )


def tell(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def show(rows: list[Row], found: list[str], counts: dict[str, int]) -> None:
    tell("\n" + HEAD)
    for row in rows:
        tell(str(row))
    tell("\n" + ", ".join(f"{number} {what}" for what, number in counts.items()) + ".")
    tell("\nFound:\n" + "\n".join(f"- {one}" for one in found) if found else "\nNothing is wrong.")
