"""One fault after the other while people work, and a check at the end.

    python -m tests.faults                       about five minutes, every fault
    python -m tests.faults --seconds 60          as many of them as fit into a minute
    python -m tests.faults --only redis          those whose name holds this

Ends with 1 where anything was lost, doubled, or answered as it must not be.
"""

import sys
import time
from argparse import ArgumentParser, Namespace

from tests.faults import afterwards, report
from tests.faults.clients import Client, Findings
from tests.faults.kinds import FAULTS, Fault, let_go
from tests.faults.probes import Watch, until_well
from tests.faults.report import Row
from tests.faults.stage import Stage, standing

CLIENTS = 8
WELL_WITHIN, LIVEZ_WITHIN = 10.0, 1.0  # Seconds.
CALM = 1.0


def main() -> int:
    wanted = read_options()
    began = time.monotonic()
    with standing(wanted.workers, wanted.threads) as stage:
        report.tell(f"The clinic stands after {time.monotonic() - began:.0f} s.")
        stage.known["clients"] = wanted.clients
        clients = [
            Client(number, stage.port, stage.known, wanted.seed) for number in range(wanted.clients)
        ]
        watch = Watch(stage.port)
        for thread in (*clients, watch):
            thread.start()
        chosen = [fault for fault in FAULTS if wanted.only.lower() in fault.name.lower()]
        rows = [Row.of("nothing", *undisturbed(clients, watch))]
        until = time.monotonic() + wanted.seconds
        for fault in chosen:
            if time.monotonic() > until:
                break
            rows.append(tried(fault, stage, clients, watch, is_timed=not wanted.untimed))
            report.tell(str(rows[-1]))
        for thread in (*clients, watch):
            thread.is_over.set()
        for thread in (*clients, watch):
            thread.join(150)
        found = afterwards.all_faults(stage, clients)
        counts = afterwards.counts(clients, stage)
    found = [f"{row.name}: {fault}" for row in rows for fault in row.faults] + found
    report.show(rows, found, counts)
    return 1 if found else 0


def read_options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.faults", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=300, help="begin no fault after these")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--threads", type=int, default=2, help="threads of each")
    parser.add_argument("--only", default="", help="faults whose name holds this")
    parser.add_argument(
        "--untimed", action="store_true", help="tell how long things took, but don't judge it"
    )
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def undisturbed(clients: list[Client], watch: Watch) -> tuple[Findings, Watch]:
    findings = fresh(clients, watch)
    time.sleep(2 * CALM)
    return findings, watch


def fresh(clients: list[Client], watch: Watch) -> Findings:
    findings = Findings()
    for client in clients:
        client.findings = findings
    watch.begin()
    return findings


def tried(
    fault: Fault, stage: Stage, clients: list[Client], watch: Watch, *, is_timed: bool
) -> Row:
    if not fault.needs(stage):
        return Row(fault.name, is_skipped=True)
    findings = fresh(clients, watch)
    crowd = [
        Client(number % len(clients), stage.port, stage.known, seed=1000 + number)
        for number in range((fault.crowd - 1) * len(clients))
    ]
    for one in crowd:
        one.findings, one.only_reads = findings, True
        one.start()
    fault.begin(stage)
    until = time.monotonic() + fault.lasts
    while time.monotonic() < until:
        stage.keep_running(but=fault.stays_down)
        time.sleep(0.1)
    fault.end(stage)
    let_go(stage)
    for one in crowd:
        one.is_over.set()
    stage.keep_running()
    well_after, missing = until_well(stage.port, stage.known, at_most=60)
    time.sleep(CALM)
    row = Row.of(fault.name, findings, watch, well_after)
    row.missing = missing
    row.judge(fault)
    if is_timed:
        row.judge_times(fault, WELL_WITHIN, LIVEZ_WITHIN)
    return row


if __name__ == "__main__":
    sys.exit(main())
