"""What is offered, in figures: by type, by place, by room. No table where nothing is set up."""

from datetime import timedelta
from decimal import Decimal

from appointments.admin.statistics.offered import OfferedStatistics, Use
from appointments.admin.statistics.parts import Column, Table, Value, percent
from appointments.transitions import ARRIVED, Status
from clinic.money import amount_text

ONE_HOUR = timedelta(hours=1)
EXPECTED = (
    "What is expected is the sum of the prices with which visits were booked, without those that "
    "were cancelled or missed."
)


def by_type(offered: OfferedStatistics) -> list[Table]:
    note = f"Visits that start in the period, by what they are for. {EXPECTED}"
    table = Table("visit-types", "Visits by type", note, "across", [Column("Visit type")])
    return with_uses(table, offered.types, offered.currencies, "No type", "All types")


def by_place(offered: OfferedStatistics) -> list[Table]:
    note = f"Visits that start in the period, by where they take place. {EXPECTED}"
    table = Table("places", "Visits by place", note, "across", [Column("Place")])
    return with_uses(table, offered.places, offered.currencies, "No place", "All places")


def with_uses(
    table: Table, uses: dict[str, Use], currencies: list[str], without: str, everything: str
) -> list[Table]:
    """The table with a row for each, the most visited first and those without one last, and one
    for all where there are several."""
    if not uses:
        return []
    uses = dict(sorted(uses.items(), key=lambda item: (not item[0], -item[1].by_status.total())))
    table.columns += [
        Column("Visits", "accent"),
        Column("No-shows, %"),
        Column("Cancelled, %"),
        *(Column(f"Expected, {code}") for code in currencies),
    ]
    table.rows = [[name or without, *cells(use, currencies)] for name, use in uses.items()]
    if len(uses) > 1:
        whole = Use()
        for use in uses.values():
            whole.by_status.update(use.by_status)
            whole.income.update(use.income)
        table.total = [everything, *cells(whole, currencies)]
    return [table]


def cells(use: Use, currencies: list[str]) -> list[Value]:
    visits, missed = use.by_status.total(), use.by_status[Status.NOSHOW]
    known = missed + sum(use.by_status[status] for status in ARRIVED)
    return [
        visits,
        percent(missed / known if known else None),
        percent(use.by_status[Status.CANCELLED] / visits if visits else None),
        *(amount_text(Decimal(use.income[code]), code) for code in currencies),
    ]


def by_room(offered: OfferedStatistics) -> list[Table]:
    if not offered.rooms:
        return []
    rows: list[list[Value]] = [
        [
            f"{room.name} ({room.place})" if room.place else room.name,
            room.visits,
            round(room.booked / ONE_HOUR, 1),
            round(room.out / ONE_HOUR, 1),
        ]
        for room in offered.rooms
    ]
    return [
        Table(
            "rooms",
            "Rooms and equipment",
            "How long each was held in the period, the times before and after visits included, "
            "and how long it was out of service.",
            "across",
            [
                Column("Room or equipment"),
                Column("Visits"),
                Column("Booked, hours", "accent"),
                Column("Out of service, hours"),
            ],
            rows,
            unit="hours",
        )
    ]
