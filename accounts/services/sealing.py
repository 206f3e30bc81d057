"""The chain of seals over the access log and the history: what is settled becomes proof.

The work is done in the database (`accounts/migrations/_audit_functions.py`), whose functions are
all that may add a link, remove sealed rows or rewrite them; `accounts.services.verifying` looks
whether the rows still are what was sealed.
"""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.db import connection, transaction

from accounts.models import AuditSeal

logger = logging.getLogger("clinic.audit")

ROWS_A_SEAL = 10_000  # At most; a minute of a busy clinic has some hundred.
SEALS_AT_ONCE = 100
PATIENCE = "0.5 seconds"  # For transactions that may still add a row with a lower id.

SealedKind = Literal["access_log", "events"]


def seal_audit() -> int:
    """Seal all that is settled by now; returns how many links were added.

    What others are about to write is waited for a little, and left for the next time: nobody is
    kept waiting. Where somebody else is sealing, nothing is done.
    """
    made = 0
    while True:
        more = call("clinic_seal_audit(%s, %s, %s)", ROWS_A_SEAL, SEALS_AT_ONCE, PATIENCE)
        made += more
        if more < SEALS_AT_ONCE:
            break
    if made:
        transaction.on_commit(announce_head)
    return made


def purge_sealed(kind: SealedKind, before: datetime, *, dry_run: bool) -> int:
    """Remove the rows of the access log, or of the history, that are older; returns how many.

    Whole sealed ranges go, the oldest first, and a link of the chain says so: it stays whole.
    What isn't sealed, or isn't what was sealed, stays. Raises ProgrammingError where the
    application's own role asks for what is younger than a year.
    """
    gone = call("clinic_purge_audit(%s, %s, %s)", kind == "events", before, dry_run)
    if gone and not dry_run:
        transaction.on_commit(announce_head)
    return gone


@transaction.atomic
def overwrite(table: str, ids: Sequence[int], values: dict[str, Any], why: str) -> int:
    """Write these values into columns of these rows of an audit table, for an erasure.

    Returns how many rows. Values are as the database has them (an encrypted one is a token); `why`
    stands in the chain for good, so it names nobody. When, what and of which record an event was
    can't be rewritten, and of the access log nothing but addresses (ProgrammingError); neither can
    rows that aren't what was sealed (InternalError).
    """
    if not ids:
        return 0
    text = json.dumps(values, default=str)
    written = call("clinic_overwrite_audit(%s, %s, %s, %s)", table, list(ids), text, why)
    transaction.on_commit(announce_head)
    return written


@transaction.atomic
def reseal(table: str, ids: Sequence[int] | None, why: str) -> int:
    """Seal the ranges of these rows anew (None: of all), after the tables' owner changed them.

    Returns how many ranges. In the same transaction as the change, or verifying finds it between.
    """
    made = call("clinic_reseal_audit(%s, %s, %s)", table, ids and list(ids), why)
    if made:
        transaction.on_commit(announce_head)
    return made


def call(function: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", values)  # A name from above.
        return cursor.fetchone()[0]


def announce_head() -> None:
    """Say outside of the database which link is the newest: in the log, and in the file that
    `AUDIT_ANCHOR_FILE` names. A file that can't be written is told, and stops nothing."""
    head = AuditSeal.objects.order_by("-number").first()
    if head is None:
        return
    line = f"{head.number} {bytes(head.hash).hex()} {head.sealed_at.isoformat()}"
    logger.info("Audit sealed: %s", line)
    if settings.AUDIT_ANCHOR_FILE:
        try:
            with Path(settings.AUDIT_ANCHOR_FILE).open("a", encoding="ascii") as file:
                file.write(f"{line}\n")
        except OSError:
            logger.exception("AUDIT_ANCHOR_FILE can't be written")
