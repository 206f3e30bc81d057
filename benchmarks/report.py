"""What a run found, as JSON, as a Markdown table, and as a picture."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.plot import bars

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEAD = (
    "work",
    "who",
    "req/s",
    "p50 ms",
    "p99 ms",
    "CPU ms",
    "database CPU ms",
    "statements",
    "x A",
)
COLUMNS = ("per_second", "p50_ms", "p99_ms", "cpu_ms", "database_cpu_ms", "statements")


def table(found: dict[str, Any]) -> str:
    """All of it in Markdown, ready to paste."""
    lines = [sentence_of(found), "", row(HEAD), row(["---"] * 2 + ["---:"] * (len(HEAD) - 2))]
    for work, contenders in found["work"].items():
        for name, figures in contenders.items():
            cells = [shown(figures[column]) for column in COLUMNS]
            lines.append(row([work, name, *cells, compared(figures)]))
            work = ""
    if found["race"]:
        lines += ["", *race_table(found["race"])]
    return "\n".join([*lines, "", *sentences(found)]) + "\n"


def race_table(races: dict[str, Any]) -> list[str]:
    head = ("race for one time", "rounds", "answers", "always one booking", "median s", "slowest s")
    lines = [row(head), row(["---"] * len(head))]
    for name, race in races.items():
        answers = ", ".join(f"{count} x {status}" for status, count in race["answers"].items())
        is_right = "yes" if race["one_booking"] else "NO"
        rounds = f"{race['rounds']} of {race['callers']} callers"
        lines.append(row([name, rounds, answers, is_right, race["median_s"], race["slowest_s"]]))
    return lines


def sentence_of(found: dict[str, Any]) -> str:
    rows, machine, bounds = found["data"]["rows"], found["machine"], found["bounds"]
    return (
        f"{found['when']}: {rows['appointments']:,} appointments, {rows['patients']:,} patients "
        f"({found['data']['size']}), PostgreSQL {found['data']['postgresql']}, Python "
        f"{machine['python']}, {machine['cores']} cores; {bounds['rounds']} rounds of "
        f"{bounds['seconds']:g} s by {found['connections']} connections. Load of the machine "
        f"before and after: {machine['load_before']:.1f} and {machine['load_after']:.1f}."
    )


def sentences(found: dict[str, Any]) -> list[str]:
    client = [
        figures["client_cpu_ms"]
        for contenders in found["work"].values()
        for figures in contenders.values()
        if figures["client_cpu_ms"]
    ]
    memory = ", ".join(f"{name} {size:.0f} MB" for name, size in found["memory_mb"].items())
    lines = [f"Memory of the servers after the run (own, and their share): {memory}."]
    if client:
        lines.append(
            f"The client, on the same cores, took {min(client):.2f} ms of CPU a request where the "
            "answers came quickest."
        )
    least = found["data"]["registering_ms"]
    lines.append(
        f"One bcrypt hash, and the photo decoded and encoded once, take {least} ms of CPU."
    )
    return lines


def compared(figures: dict[str, Any]) -> str:
    if "ratio" not in figures:
        return ""
    if figures["ratio_min"] == figures["ratio_max"] == 1:
        return "1"
    return f"{figures['ratio']:.2f} ({figures['ratio_min']:.2f} to {figures['ratio_max']:.2f})"


def shown(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def row(cells) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def write(found: dict[str, Any], folder: Path) -> None:
    """`figures.json`, `figures.md` and `figures.svg`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "figures.md").write_text(table(found))
    (folder / "figures.svg").write_text(bars(found["work"]))


def publish(found: dict[str, Any], document: Path, picture: Path) -> None:
    """Put the table between the marks in the document, and the picture beside it."""
    text = document.read_text()
    between = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not between.search(text):
        raise ValueError(f"{document} has no place for the figures.")
    inside = f"{BEGIN}\n{table(found)}{END}"
    document.write_text(between.sub(lambda _: inside, text))
    picture.write_text(bars(found["work"]))
