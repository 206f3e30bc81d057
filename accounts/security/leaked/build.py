"""Makes `hashes.bin` out of lists with one password a line (see README.md).

python -m accounts.security.leaked.build --all LIST... --possible LIST...
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from accounts.security.leaked import FILE, digest_of

SHORTEST = 8  # Characters: shorter passwords are refused anyway.


def lines(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as opened:
            for line in opened:
                password = line.rstrip("\n")
                if len(password) >= SHORTEST:
                    yield password


def is_possible(password: str) -> bool:
    """Could it pass the rules on characters, if its letters were written large or small?"""
    return (
        any(character.isdecimal() for character in password)
        and any(not character.isalnum() for character in password)
        and sum(character.isalpha() for character in password) >= 2
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", nargs="*", type=Path, default=[], help="taken whole")
    parser.add_argument(
        "--possible", nargs="*", type=Path, default=[], help="only what the other rules let pass"
    )
    given = parser.parse_args()
    digests = {digest_of(password) for password in lines(given.all)}
    digests |= {digest_of(password) for password in lines(given.possible) if is_possible(password)}
    FILE.write_bytes(b"".join(sorted(digests)))


if __name__ == "__main__":
    main()
