"""The clinic that is asked, and who asks."""

import json
import subprocess  # nosec B404
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import connection
from django.test.utils import setup_test_environment

from tests import access_world, database
from tests.server import running_server

# Where one asks as two patients in turn, who are strangers to each other.
PEERS = {"A": "B"}
# Rules that no schema can tell (a password's, whether a time is free) are faults of what is sent:
# 422, 409 where they conflict with what is stored, and 400 in headers: no pattern is heeded.
CONFIG = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "400", "401", "403", "404", "406", "409", "412", "413", "415",
    "422", "429"]
"""
# Sequences of requests get as much time as all the rest, which comes first and would take it all.
TURNS = ("examples,coverage,fuzzing", "stateful")
# What would end the sign-in of who asks; what is there for a token that there isn't, and the health
# of a clinic without a worker.
LEFT_OUT = (
    "^(metrics|health|auth_(logout|sign_ins_destroy|sign_ins_destroy_others|password_change))$"
)


@dataclass
class Asked:
    """What came of one who asked."""

    asker: str
    phases: str
    code: int
    seconds: float
    told: dict[str, Any] = field(default_factory=dict)
    text: str = ""


def ask_in_turn(askers: Sequence[str], seconds: int, seed: int) -> int:
    name = f"{settings.NAME}_fuzz"
    with database.copied(name):
        setup_test_environment()
        settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
        world = access_world.build()
        limits = ",".join(f"{one}=1000000/h" for one in settings.RATE_LIMITS)
        with running_server(RATE_LIMITS=limits) as port, TemporaryDirectory() as folder:
            each = max(10, seconds // len(askers) // len(TURNS))
            found = [
                ask(asker, phases, world.tokens, port, each, seed, Path(folder))
                for asker in askers
                for phases in TURNS
            ]
        connection.close()
    for one in found:
        print(one.text)
    for one in found:
        print(summary_of(one))
    return 1 if any(one.code for one in found) else 0


def ask(
    asker: str,
    phases: str,
    tokens: dict[str, str],
    port: int,
    seconds: int,
    seed: int,
    folder: Path,
) -> Asked:
    report = folder / f"{asker}-{phases}.json"
    config = folder / f"{asker}.toml"
    config.write_text(auth_config(asker, tokens, folder) + CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)]
    command += ["run", f"http://127.0.0.1:{port}/openapi.json", "--checks", "all"]
    command += ["--max-time", str(seconds), "--seed", str(seed), "--no-color"]
    command += ["--continue-on-failure", "--generation-database", "none", "--warnings", "off"]
    command += ["--report-json-path", str(report), "--phases", phases]
    command += ["--exclude-operation-id-regex", LEFT_OUT]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)  # nosec B603
    told = json.loads(report.read_text()) if report.exists() else {}
    return Asked(
        asker, phases, done.returncode, time.monotonic() - begun, told, done.stdout + done.stderr
    )


def auth_config(asker: str, tokens: dict[str, str], folder: Path) -> str:
    """Who asks, and whose objects the other one must not see."""
    if asker not in tokens:
        return "[auth]\nauto-signup = false\n\n"
    names = [asker, *([PEERS[asker]] if asker in PEERS else [])]
    people = [
        {
            "name": name,
            "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {tokens[name]}"}],
        }
        for name in names
    ]
    file = folder / f"{asker}.wfc.json"
    file.write_text(json.dumps({"auth": people}))
    lines = ["[auth.wfc]", f'path = "{file}"', f'user = "{asker}"']
    if len(names) > 1:
        lines.append(f"peers = {json.dumps(names)}")
    return "\n".join([*lines, "", ""])


def summary_of(asked: Asked) -> str:
    told = asked.told
    operations, cases = told.get("operations") or {}, told.get("test_cases") or {}
    line = f"{asked.asker:<10} {asked.phases:<25} {asked.seconds:4.0f} s"
    line += f"  {operations.get('tested') or 0:>4} operations"
    line += f"  {cases.get('generated', 0):>6} requests  "
    return line + (
        "nothing found" if asked.code == 0 else f"{cases.get('with_failures', '?')} found"
    )
