"""The clinic's statistics as tables, from which the page, its charts and the files are made."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from django.utils.formats import date_format

from appointments.admin.statistics.counting import Period, Quartiles, Statistics, Tally
from appointments.admin.statistics.offered_tables import by_place, by_room, by_type
from appointments.admin.statistics.parts import Column, Table, Value, percent
from appointments.transitions import Status
from clinic.models import Notification

ONE_HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)
EVERYBODY = "All doctors"
# The states of a visit as the charts stack them, and the colours of the page that they take.
STATES = [
    (Status.FULFILLED, "success"),
    (Status.IN_CONSULTATION, "info"),
    (Status.CHECKED_IN, "accent-line"),
    (Status.BOOKED, "line-strong"),
    (Status.NOSHOW, "danger"),
    (Status.CANCELLED, "warning"),
]


def tables(statistics: Statistics) -> list[Table]:
    """All that there are for the user whose statistics they are."""
    made = [visits(statistics), utilisation(statistics), rates(statistics), lead_times(statistics)]
    offered = statistics.offered
    made += [*by_type(offered), *by_place(offered), *by_room(offered)]
    made.append(new_patients(statistics))
    return [*made, *mails(statistics)]


def visits(statistics: Statistics) -> Table:
    states = [status for status, _ in STATES]

    def row(label: str, counts) -> list[Value]:
        return [label, *(counts[status] for status in states), counts.total()]

    return Table(
        "visits",
        "Visits per day",
        "By the day on which they start, and by what became of them. "
        "Those entered in error are left out.",
        "stacked",
        [
            Column("Day"),
            *(Column(str(status.label), colour) for status, colour in STATES),
            Column("All"),
        ],
        [row(day_name(day), counts) for day, counts in statistics.by_day.items()],
        row("All days", statistics.total.by_status),
    )


def utilisation(statistics: Statistics) -> Table:
    return by_doctor(
        replace(
            statistics,
            doctors=[(doctor, tally) for doctor, tally in statistics.doctors if tally.open],
        ),
        Table(
            "utilisation",
            "Utilisation by doctor",
            "Booked of open hours: working and extra hours, without absences and closures. Visits "
            "that were cancelled or missed hold no time. It passes 100 % where visits share "
            "their time or lie outside of hours. Doctors without open hours are left out.",
            "across",
            [
                Column("Doctor"),
                Column("Booked, hours"),
                Column("Open, hours"),
                Column("Utilisation, %", "accent"),
            ],
            unit="%",
        ),
        lambda tally: [
            round(tally.booked / ONE_HOUR, 1),
            round(tally.open / ONE_HOUR, 1),
            percent(tally.utilisation),
        ],
    )


def rates(statistics: Statistics) -> Table:
    return by_doctor(
        statistics,
        Table(
            "rates",
            "No-shows and cancellations",
            "No-shows of the visits whose patient came or didn't; cancellations of all visits.",
            "across",
            [
                Column("Doctor"),
                Column("Visits"),
                Column("No-shows"),
                Column("No-shows, %", "danger"),
                Column("Cancelled"),
                Column("Cancelled, %", "warning"),
            ],
            unit="%",
        ),
        lambda tally: [
            tally.visits,
            tally.by_status[Status.NOSHOW],
            percent(tally.no_shows),
            tally.by_status[Status.CANCELLED],
            percent(tally.cancellations),
        ],
    )


def lead_times(statistics: Statistics) -> Table:
    def cells(tally: Tally) -> list[Value]:
        return [in_days(tally.lead, number) for number in range(len(Quartiles._fields))]

    return by_doctor(
        statistics,
        Table(
            "lead-time",
            "Lead time",
            "Days from when a time was booked, or moved to, until the visit. Half of the visits "
            "are between the quartiles. Cancelled ones are left out.",
            "quartiles",
            [
                Column("Doctor"),
                Column("Lower quartile, days", "accent"),
                Column("Median, days", "accent"),
                Column("Upper quartile, days", "accent"),
            ],
            unit="days",
        ),
        cells,
    )


def new_patients(statistics: Statistics) -> Table:
    weeks = zip(statistics.period.weeks, statistics.new_patients, strict=True)
    return Table(
        "new-patients",
        "New patients per week",
        "By the day of registration, from Monday to Sunday.",
        "columns",
        [Column("Week"), Column("New patients", "accent")],
        [[week_name(week), count] for week, count in weeks],
        ["All weeks", sum(statistics.new_patients)],
    )


def mails(statistics: Statistics) -> list[Table]:
    """None for those who may not see what the clinic sends."""
    if statistics.mails is None:
        return []
    failed, owed = Notification.Status.FAILED, Notification.Status.OWED
    rows: list[list[Value]] = [
        [week_name(week), counts[failed], counts[owed]]
        for week, counts in zip(statistics.period.weeks, statistics.mails, strict=True)
    ]
    sums = [sum(counts[status] for counts in statistics.mails) for status in (failed, owed)]
    return [
        Table(
            "mails",
            "Mails and text messages that failed",
            "By the week in which they were owed: those that were given up, and those that are "
            "still to be sent.",
            "stacked",
            [Column("Week"), Column("Failed", "danger"), Column("Not sent yet", "line-strong")],
            rows,
            ["All weeks", *sums],
        )
    ]


def by_doctor(statistics: Statistics, table: Table, cells: Callable[[Tally], list[Value]]) -> Table:
    """The table with a row for each doctor, and one for all of them where there are several."""
    table.rows = [[str(doctor), *cells(tally)] for doctor, tally in statistics.doctors]
    if len(statistics.doctors) > 1:
        table.total = [EVERYBODY, *cells(statistics.total)]
    return table


def in_days(lead: Quartiles | None, number: int) -> float | None:
    return None if lead is None else round(lead[number] / ONE_DAY, 1)


def day_name(day: date) -> str:
    return date_format(day, "D j M Y")


def week_name(week: Period) -> str:
    if week.first == week.last:
        return date_format(week.last, "j M Y")
    return f"{date_format(week.first, 'j M')} – {date_format(week.last, 'j M Y')}"  # noqa: RUF001
