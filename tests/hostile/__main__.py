"""What hostile requests cost the clinic as it runs: `python -m tests.hostile` prints the table of
docs/hostile-input.md, over a server of its own."""

import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.hostile import measuring  # noqa: PLC0415  # Its models need what is set up here.

    measuring.print_table()


if __name__ == "__main__":
    sys.exit(main())
