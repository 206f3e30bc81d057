"""Are the rows of the access log and the history what they were when they were sealed?"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from accounts.changes import event_models
from accounts.models import AccessLog, AuditSeal

LINKS_AT_ONCE = 5000
RANGES_AT_ONCE = 500
HINT_BYTES = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_NAMED = 20  # Ids of one range.

DIFFERING = """
SELECT s.number, s.table_name, s.first_id, s.last_id, s.row_hints, d.hints
FROM clinic_standing_seals(%s) s, clinic_audit_digest(
    s.table_name, clinic_sealed_columns(s.table_name, s.number), s.first_id, s.last_id
) d
WHERE s.number >= %s AND s.first_id > %s AND s.first_id <= %s
AND (d.digest <> s.digest OR d.row_count <> s.row_count)
ORDER BY s.first_id
"""
RANGES = """
SELECT first_id, row_count FROM clinic_standing_seals(%s) WHERE number >= %s ORDER BY first_id
"""
# Of the columns that any standing range was sealed by, those that are gone.
GONE_COLUMNS = """
SELECT DISTINCT c FROM accounts_auditseal s, unnest(string_to_array(s.columns, ',')) c
WHERE s.table_name = %s AND s.columns <> '' AND s.number >= coalesce((
    SELECT max(r.number) FROM accounts_auditseal r WHERE r.columns <> '' AND r.table_name = %s
    AND r.number <= (SELECT min(number) FROM clinic_standing_seals(%s))
), 0) AND c <> ALL (string_to_array(clinic_audit_columns(%s), ','))
"""
# Ranges follow on one another, without a gap.
GAPS = """
SELECT number, table_name, before, first_id FROM (
    SELECT number, table_name, first_id, lag(last_id, 1, 0::bigint) OVER (
        PARTITION BY table_name ORDER BY number
    ) AS before FROM accounts_auditseal WHERE kind = 'rows'
) s WHERE first_id <> before + 1 ORDER BY number
"""
# From where to where rows are sealed; behind what was purged where nothing else is.
EDGES = """
SELECT coalesce(min(first_id), 0), coalesce(max(last_id), 0) FROM (
    SELECT first_id, last_id FROM clinic_standing_seals(%s) UNION ALL
    SELECT max(last_id) + 1, max(last_id) FROM accounts_auditseal
    WHERE table_name = %s AND kind = 'purge'
) s
"""


@dataclass
class Verdict:
    """What was found, in words, and how much was looked at."""

    findings: list[str] = field(default_factory=list)
    links: int = 0
    rows: int = 0
    unsealed: int = 0
    erasures: int = 0
    purges: int = 0
    head: str = ""


def verify_audit(since: int = 1, anchors: Mapping[int, str] | None = None) -> Verdict:
    """Look through the chain from this link on, and through all rows that it has sealed.

    `anchors` are hashes of links, by number, that were noted elsewhere: without them nobody can
    tell whether the newest links were cut off together with their rows.
    """
    verdict = Verdict()
    verdict.findings += chain_faults(verdict, since, dict(anchors or {}))
    with connection.cursor() as cursor:
        cursor.execute(GAPS)
        for number, table, before, first in cursor.fetchall():
            told = f"Link {number}: {table} goes on at {first}, but was sealed up to {before}."
            verdict.findings.append(told)
        cursor.execute("SELECT name FROM clinic_audit_tables()")
        guarded = {name for (name,) in cursor.fetchall()}
    expected = {model._meta.db_table for model in [AccessLog, *event_models()]}
    for table in sorted(expected - guarded):
        verdict.findings.append(f"{table} has lost the trigger that lets nobody change its rows.")
    for table in sorted(expected | guarded):
        verdict.findings += table_faults(verdict, table, since)
    return verdict


def chain_faults(verdict: Verdict, since: int, anchors: dict[int, str]) -> Iterator[str]:
    """Whether each link bears the hash of the one before it and of itself."""
    before, hash_before = since - 1, b""
    if since > 1:
        first = AuditSeal.objects.filter(number=before).values_list("hash", flat=True).first()
        hash_before = bytes(first or b"")
    while True:
        links = AuditSeal.objects.filter(number__gt=before).defer("row_hints")
        found = list(links.order_by("number")[:LINKS_AT_ONCE])
        for link in found:
            if link.number != before + 1:
                yield f"Links {before + 1} to {link.number - 1} of the chain are missing."
            elif bytes(link.previous) != hash_before or bytes(link.hash) != hash_of(link):
                yield f"Link {link.number} of the chain was changed, or one before it."
            if anchors.pop(link.number, None) not in (None, bytes(link.hash).hex()):
                yield f"Link {link.number} is another than the one that was noted elsewhere."
            before, hash_before = link.number, bytes(link.hash)
            verdict.links += 1
            verdict.erasures += link.kind == AuditSeal.Kind.ERASURE
            verdict.purges += link.kind == AuditSeal.Kind.PURGE
        if len(found) < LINKS_AT_ONCE:
            break
    verdict.head = f"{before} {hash_before.hex()}" if before else ""
    if lost := [number for number in anchors if number > before]:
        yield f"The chain is cut off after link {before}: {max(lost)} was noted elsewhere."


def hash_of(link: AuditSeal) -> bytes:
    """The SHA-256 of the link before's hash and of all that this link says, line by line."""
    said = [
        link.number, link.kind, link.table_name, link.first_id, link.last_id, link.row_count,
        bytes(link.digest).hex(), microseconds(link.latest), microseconds(link.sealed_at),
        link.columns, link.why,
    ]  # fmt: skip
    text = "\n".join(map(str, said))
    return hashlib.sha256(bytes(link.previous) + text.encode()).digest()


def microseconds(at: datetime | None) -> int:
    return (at - EPOCH) // timedelta(microseconds=1) if at else 0


def table_faults(verdict: Verdict, table: str, since: int) -> Iterator[str]:
    """Which rows of the table differ from what was sealed, and which are where none may be."""
    with connection.cursor() as cursor:
        cursor.execute(GONE_COLUMNS, [table] * 4)
        if gone := sorted(name for (name,) in cursor.fetchall()):
            yield (
                f"{table} was sealed with {', '.join(gone)}, which the table has no more: "
                "seal it anew (manage.py seal_audit --again)."
            )
            return
        cursor.execute(RANGES, [table, since])
        ranges = cursor.fetchall()
        verdict.rows += sum(count for _, count in ranges)
        for at in range(0, len(ranges), RANGES_AT_ONCE):
            part = ranges[at : at + RANGES_AT_ONCE]
            cursor.execute(DIFFERING, [table, since, part[0][0] - 1, part[-1][0]])
            for row in cursor.fetchall():
                yield range_fault(*row)
        yield from edge_faults(verdict, cursor, table)


def range_fault(number: int, table: str, first: int, last: int, was: Any, now: Any) -> str:
    """Name the rows that make the difference."""
    before, after = by_id(bytes(was)), by_id(bytes(now))
    kinds = {
        "changed": [key for key in after if before.get(key, after[key]) != after[key]],
        "removed": sorted(before.keys() - after.keys()),
        "added afterwards": sorted(after.keys() - before.keys()),
    }
    told = [f"{named_rows(ids)} {kind}" for kind, ids in kinds.items() if ids]
    return f"{table}: {'; '.join(told) or f'rows {first} to {last} differ'} (link {number})."


def by_id(hints: bytes) -> dict[int, bytes]:
    steps = range(0, len(hints), HINT_BYTES)
    return {int.from_bytes(hints[at : at + 8]): hints[at + 8 : at + HINT_BYTES] for at in steps}


def named_rows(ids: list[int]) -> str:
    more = len(ids) - MOST_NAMED
    named = ", ".join(map(str, ids[:MOST_NAMED]))
    return f"{'row' if len(ids) == 1 else 'rows'} {named}" + (f" and {more} more" * (more > 0))


def edge_faults(verdict: Verdict, cursor: Any, table: str) -> Iterator[str]:
    """Rows with ids before any range that stands; how many wait to be sealed."""
    key = "pgh_id" if table.endswith("event") else "id"
    cursor.execute(EDGES, [table, table])
    first, last = cursor.fetchone()
    # The names are of our own models or of the catalogue.
    query = f'SELECT {key} FROM "{table}" WHERE {key} < %s ORDER BY {key}'  # noqa: S608  # nosec B608
    cursor.execute(query, [max(first, 1)])
    if strays := [row_id for (row_id,) in cursor.fetchmany(1000)]:
        yield f"{table}: {named_rows(strays)} added where none may be any more."
    query = f'SELECT count(*) FROM "{table}" WHERE {key} > %s'  # noqa: S608  # nosec B608
    cursor.execute(query, [last])
    verdict.unsealed += cursor.fetchone()[0]
