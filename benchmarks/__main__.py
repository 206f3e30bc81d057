"""How quick the clinic is, beside what somebody would write in its place.

    make bench                                   a short run: three minutes or so
    .venv/bin/python -m benchmarks --full        a million appointments
    .venv/bin/python -m benchmarks --help

docs/benchmarks.md says what is measured, and what the figures don't show.
"""

import os
import platform
import signal
import sys
from argparse import ArgumentParser, Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.figures import summary
from benchmarks.ground import HOME, ROOT, Ground, prepared
from benchmarks.measuring import Bounds, Meter, board_tags, tell
from benchmarks.servers import APPS, OURS, running
from benchmarks.work import EVERYBODY, Requests, Work, all_work

SHORT = {"appointments": 30_000, "patients": 5_000, "doctors": 60, "seconds": 1.0, "rounds": 3}
FULL = {"appointments": 1_000_000, "patients": 200_000, "doctors": 100, "seconds": 4.0, "rounds": 5}
RACE_ROUNDS = {True: 100, False: 3}  # By whether it is a full run.
CALLERS = 200
DOCUMENT, PICTURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "pictures" / "benchmarks.svg"


def main() -> None:
    wanted = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))  # Servers are ended, too.
    with prepared(wanted.appointments, wanted.patients, wanted.doctors) as ground:
        names = [name for name in APPS if name in wanted.who]
        tell(f"{ground.knowledge['size']} of data; starting {', '.join(names)}")
        with running(names, ground) as servers:
            found = run(Meter(ground, servers), ground, wanted)
    report.write(found, wanted.out)
    if wanted.publish:
        report.publish(found, DOCUMENT, PICTURE)
    sys.stdout.write(report.table(found))


def read_options() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--full", action="store_true", help="1,000,000 appointments, longer turns")
    for name in SHORT:
        parser.add_argument(f"--{name}", type=type(SHORT[name]))
    parser.add_argument("--only", default="", help="work whose name holds this, such as booking")
    parser.add_argument(
        "--who", nargs="+", default=list(APPS), choices=list(APPS), help="contenders"
    )
    parser.add_argument("--race-rounds", type=int, help="0: no race")
    parser.add_argument("--out", type=Path, default=HOME / "results", help="folder of the results")
    parser.add_argument(
        "--publish", action="store_true", help="write the figures into docs/benchmarks.md, too"
    )
    wanted = parser.parse_args()
    for name, usual in (FULL if wanted.full else SHORT).items():
        if getattr(wanted, name) is None:
            setattr(wanted, name, usual)
    if wanted.race_rounds is None:
        wanted.race_rounds = 0 if wanted.only else RACE_ROUNDS[wanted.full]
    return wanted


def run(meter: Meter, ground: Ground, wanted: Namespace) -> dict[str, Any]:
    load_before = os.getloadavg()[0]
    make, bounds = Requests(ground.knowledge), Bounds(wanted.rounds, wanted.seconds)
    tags = board_tags(meter, make, meter.servers[OURS]) if OURS in meter.servers else ("", "")
    measured = {
        work.name: measure(meter, work, bounds)
        for work in all_work(make, *tags)
        if wanted.only in work.name and set(work.contenders) & set(meter.servers)
    }
    races = {}
    for number, name in enumerate(meter.servers if wanted.race_rounds else ()):
        numbers = range(number * wanted.race_rounds, (number + 1) * wanted.race_rounds)
        races[name] = meter.race(meter.servers[name], make, CALLERS, numbers)
        tell(f"race, {name}: {races[name]}")
    return {
        "when": datetime.now().astimezone().isoformat(timespec="minutes"),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "load_before": load_before,
            "load_after": os.getloadavg()[0],
        },
        "data": {name: ground.knowledge[name] for name in ("rows", "size", "postgresql")}
        | {"registering_ms": ground.knowledge["registering_ms"]},
        "bounds": {"rounds": bounds.rounds, "seconds": bounds.seconds},
        "connections": 16,
        "work": measured,
        "race": races,
        "memory_mb": {name: one.megabytes() for name, one in meter.servers.items()},
    }


def measure(meter: Meter, work: Work, bounds: Bounds) -> dict[str, Any]:
    if work.contenders == EVERYBODY and work.status == 200:
        meter.agree(work)
    measured = meter.measure(work, bounds)
    reference = measured.get("A")
    found = {name: summary(one, reference) for name, one in measured.items()}
    for name, figures in found.items():
        tell(f"{work.name}, {name}: {figures}")
    return found


if __name__ == "__main__":
    main()
