"""Ask the API, as its document has it, with requests that schemathesis makes up.

    python -m tests.fuzz                        five minutes, for each who asks the same
    python -m tests.fuzz --seconds 60           a minute in all
    python -m tests.fuzz --only desk,A          these alone

Anonymous, a patient, who acts for them, a doctor, the front desk and an administrator ask in turn
of a small clinic in which everything is real (tests/access_world.py), in valid and in faulty ways,
and in sequences of which one request uses what another answered. Of two patients neither may read
what the other one has made. Ends with 1 where an answer is a failure, another than the document
says, or what it should not be; the last lines are the summary.
"""

import os
import sys
from argparse import ArgumentParser, Namespace

import django

ASKERS = ("anonymous", "A", "guardian", "doctor", "desk", "admin")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.fuzz import asking  # noqa: PLC0415  # Its models need what is set up here.

    wanted = read_options()
    return asking.ask_in_turn(wanted.only, wanted.seconds, wanted.seed)


def read_options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=300, help="of all who ask together")
    parser.add_argument("--only", type=lambda names: names.split(","), default=ASKERS)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
