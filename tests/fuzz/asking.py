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

from tests import access_world, database
from tests.server import running_server

# Where one asks as two patients in turn, who are strangers to each other.
PEERS = {"A": "B"}
# Rules that no schema can tell (a password's, whether a time is free) are faults of what is sent:
# 422, and 409 where they conflict with what is stored.
CONFIG = """\
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "406", "409", "412", "413", "415", "422",
    "429"]
"""
# What would end the sign-in of who asks.
LEFT_OUT = "^auth_(logout|sign_ins_destroy|sign_ins_destroy_others|password_change)$"


@dataclass
class Asked:
    """What came of one who asked."""

    asker: str
    code: int
    seconds: float
    told: dict[str, Any] = field(default_factory=dict)
    text: str = ""


def ask_in_turn(askers: Sequence[str], seconds: int, seed: int) -> int:
    name = f"{settings.NAME}_fuzz"
    with database.copied(name):
        settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "1000000/h")
        world = access_world.build()
        limits = ",".join(f"{one}=1000000/h" for one in settings.RATE_LIMITS)
        with running_server(RATE_LIMITS=limits) as port, TemporaryDirectory() as folder:
            each = max(10, seconds // len(askers))
            found = [ask(asker, world.tokens, port, each, seed, Path(folder)) for asker in askers]
        connection.close()
    for one in found:
        print(one.text)
    for one in found:
        print(summary_of(one))
    return 1 if any(one.code for one in found) else 0


def ask(
    asker: str, tokens: dict[str, str], port: int, seconds: int, seed: int, folder: Path
) -> Asked:
    report = folder / f"{asker}.json"
    config = folder / f"{asker}.toml"
    config.write_text(auth_config(asker, tokens, folder) + CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)]
    command += ["run", f"http://127.0.0.1:{port}/openapi.json", "--checks", "all"]
    command += ["--max-time", str(seconds), "--seed", str(seed), "--no-color"]
    command += ["--continue-on-failure", "--generation-database", "none", "--warnings", "off"]
    command += ["--report-json-path", str(report), "--phases", "examples,coverage,fuzzing,stateful"]
    command += ["--exclude-operation-id-regex", LEFT_OUT]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)  # nosec B603
    told = json.loads(report.read_text()) if report.exists() else {}
    return Asked(asker, done.returncode, time.monotonic() - begun, told, done.stdout + done.stderr)


def auth_config(asker: str, tokens: dict[str, str], folder: Path) -> str:
    """Who asks, and whose objects the other one must not see."""
    if asker not in tokens:
        return ""
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
    line = f"{asked.asker:<10} {asked.seconds:4.0f} s  {operations.get('tested', 0):>4} operations"
    line += f"  {cases.get('generated', 0):>6} requests  "
    return line + (
        "nothing found" if asked.code == 0 else f"{cases.get('with_failures', '?')} found"
    )
