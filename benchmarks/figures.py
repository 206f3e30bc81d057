"""The arithmetic: what became of turns of load, and how contenders compare."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that so great a share of them (0 to 1) doesn't exceed."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("There are no values.")
    place = max(0, -(-len(ordered) * share // 1) - 1)
    return ordered[int(place)]


@dataclass(frozen=True)
class Turn:
    """One contender's turn in one round: seconds of each answer, of CPU, and statements."""

    latencies: list[float]
    seconds: float
    cpu: float | None = None  # Of the server's processes.
    database_cpu: float = 0.0
    client_cpu: float = 0.0
    statements: int | None = None

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


@dataclass
class Measured:
    """All turns of one contender at one kind of work."""

    turns: list[Turn] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(len(turn.latencies) for turn in self.turns)

    @property
    def rate(self) -> float:
        return median(turn.rate for turn in self.turns)

    def latency(self, share: float) -> float:
        """Milliseconds."""
        return 1000 * percentile([one for turn in self.turns for one in turn.latencies], share)

    def each(self, name: str) -> float | None:
        """Of CPU (`cpu`, `database_cpu`, `client_cpu`: milliseconds) or statements, a request."""
        values = [getattr(turn, name) for turn in self.turns]
        if None in values:
            return None
        return sum(values) / self.requests * (1 if name == "statements" else 1000)


def ratios(own: Measured, reference: Measured) -> list[float]:
    """How many times as many answers a second, round by round."""
    pairs = zip(own.turns, reference.turns, strict=True)
    return [turn.rate / other.rate for turn, other in pairs]


def summary(own: Measured, reference: Measured | None) -> dict[str, float | int | None]:
    """One line of the table, rounded."""
    found: dict[str, float | int | None] = {
        "requests": own.requests,
        "per_second": round(own.rate, 1),
        "p50_ms": round(own.latency(0.5), 2),
        "p99_ms": round(own.latency(0.99), 2),
        "cpu_ms": rounded(own.each("cpu"), 2),
        "database_cpu_ms": rounded(own.each("database_cpu"), 2),
        "client_cpu_ms": rounded(own.each("client_cpu"), 3),
        "statements": rounded(own.each("statements"), 1),
    }
    if reference is not None:
        compared = ratios(own, reference)
        found |= {
            "ratio": round(median(compared), 2),
            "ratio_min": round(min(compared), 2),
            "ratio_max": round(max(compared), 2),
        }
    return found


def rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
