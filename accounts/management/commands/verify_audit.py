"""`manage.py verify_audit`: is the audit what it was?"""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.verifying import verify_audit


class Command(BaseCommand):
    help = (
        "Look whether every row of the access log and the history is as it was sealed, and the "
        "chain of seals whole. Names the rows that were changed, removed or added afterwards, and "
        "ends with 1 where there are any. With --anchor it finds out, too, whether the end was "
        "cut off: the file is what AUDIT_ANCHOR_FILE was, or lines of the log's heads."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=int, default=1, metavar="N", help="The first link.")
        parser.add_argument("--anchor", type=Path, metavar="FILE", help="Lines of number, hash.")

    def handle(self, *args, since: int, anchor: Path | None, **options) -> None:
        verdict = verify_audit(max(since, 1), read_anchors(anchor) if anchor else None)
        for finding in verdict.findings:
            self.stderr.write(finding)
        self.stdout.write(
            f"{verdict.links:,} links, {verdict.rows:,} rows sealed, {verdict.unsealed:,} not yet; "
            f"{verdict.purges:,} removals of old rows and {verdict.erasures:,} rewritten ranges "
            f"are on record."
        )
        if verdict.head:
            self.stdout.write(f"Head: {verdict.head}")
        if verdict.findings:
            raise CommandError(f"{len(verdict.findings)} findings: the audit is not what it was.")


def read_anchors(path: Path) -> dict[int, str]:
    """Hashes by number. Raises CommandError where the file isn't of such lines."""
    found: dict[int, str] = {}
    try:
        for line in path.read_text(encoding="ascii").splitlines():
            if words := line.split():
                found[int(words[0])] = words[1].lower()
    except (OSError, ValueError, IndexError) as error:
        raise CommandError(f"{path} doesn't hold anchors, a number and a hash a line.") from error
    return found
