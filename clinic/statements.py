"""Statements that are put together once in a process, and run again and again.

Django puts the SQL of a query set together anew each time, which takes longer than PostgreSQL needs
to find a row. Of the few that nearly every request needs, the query set is made once, with
stand-ins for what differs from one request to the next; they are replaced when it runs. The server
keeps its plan, too (`DATABASE_PREPARED`).
"""

from collections.abc import Collection, Hashable, Iterable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import (
    AutoField,
    F,
    Field,
    Lookup,
    Model,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.db.models.query import get_related_populators

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Given:
    """The place of a value that is given when the statement runs."""

    name: str


class IsOneOf(Lookup):
    """Is it in this array? One parameter, however many there are: `__in` has one for each, and
    can't be kept. `name` is a column, `values` the stand-in of a list."""

    def __init__(self, name: str, values: UUID):
        super().__init__(F(name), Value(values))

    def as_sql(self, compiler, connection):
        column, params = self.process_lhs(compiler, connection)
        array, given = self.process_rhs(compiler, connection)
        return f"{column} = ANY ({array})", [*params, *given]


class PreparedCursor(psycopg.Cursor[Row]):
    """Binds parameters on the server, which may keep the statement prepared.

    What it runs writes no row whose changes are events: `clinic.history` has no say in it.
    """

    def execute(self, query, params=None, *, prepare=None, binary=None):
        return super().execute(query, params, prepare=settings.DATABASE_PREPARED, binary=binary)


def stand_in_key() -> UUID:
    return uuid4()


def stand_in_time() -> datetime:
    """An instant that stands in no query set by itself."""
    return datetime(1900, 1, 1, tzinfo=UTC) + timedelta(microseconds=uuid4().int >> 84)


class Statement:
    """The SQL of a query set. `stand_ins` names the values in it that differ each time: those that
    aren't hashable, or are changed by their field, can't be found in it.

    No day, instant or key may stand in it otherwise: it would stay, while days and people change.
    The day of today, where it is named, stands in for itself.
    """

    def __init__(self, queryset: QuerySet, **stand_ins: Hashable):
        self.compiler = compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        self.sql, params = compiler.as_sql()
        names = {value: Given(name) for name, value in stand_ins.items()}
        self.params = [names.get(one, one) if isinstance(one, Hashable) else one for one in params]
        fixed = [one for one in self.params if isinstance(one, date | UUID)]
        if fixed:
            raise AssertionError(f"This would stay in the statement: {fixed}")
        columns = [each[0] for each in compiler.select[: compiler.col_count]]
        self.converters = list(compiler.get_converters(columns).items())
        self.column_count = len(columns)
        self.prefetched = queryset._prefetch_related_lookups  # type: ignore[attr-defined]

    def extended(self, sql: str, *params: Any) -> "Statement":
        """The same statement within another one, which gives the same columns, and maybe more
        after them: `{}` in it stands for this one. `params` are those after its own."""
        wider = copy(self)
        wider.sql, wider.params = sql.replace("{}", self.sql), [*self.params, *params]
        return wider

    def place_of(self, attribute: str) -> int:
        """The place of the column that an attribute of the model is read from, from 0."""
        names = [each[0].target.attname for each in self.compiler.select]
        return names.index(attribute)

    def rows(self, **values: Any) -> list[Row]:
        """What PostgreSQL answers, each value as its field has it."""
        with prepared_cursor() as cursor:
            cursor.execute(self.sql, with_values(self.params, values))
            rows = cursor.fetchall()
        return [self.converted(row) for row in rows] if self.converters else rows

    def converted(self, row: Row) -> Row:
        if not self.converters:
            return row
        values = list(row)
        for place, (converters, column) in self.converters:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        return tuple(values)

    def records(self, **values: Any) -> list[Any]:
        """The rows as instances of the query set's model, with what it selects along with them."""
        found = list(self.made_of(self.rows(**values)))
        if self.prefetched:
            prefetch_related_objects(found, *self.prefetched)
        return found

    def made_of(self, rows: Iterable[Row]) -> Iterable[Model]:
        klass, select = self.compiler.klass_info, self.compiler.select
        first, last = klass["select_fields"][0], klass["select_fields"][-1] + 1
        names = [each[0].target.attname for each in select[first:last]]
        populate: Any = get_related_populators
        populators = populate(klass, select, DEFAULT_DB_ALIAS)
        for row in rows:
            record = klass["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:last])
            for populator in populators:
                populator.populate(row, record)
            for name, place in self.compiler.annotation_col_map.items():
                setattr(record, name, row[place])
            yield record


class Statements:
    """Several statements that are asked by one. Each answers the rows that it would alone, in an
    order of PostgreSQL's choice."""

    def __init__(self, *statements: Statement):
        self.statements = statements
        parts = [
            f"(SELECT true AS is_there, it.* FROM ({one.sql}) AS it) AS part_{number}"  # noqa: S608  # nosec B608
            for number, one in enumerate(statements)
        ]
        first, *others = parts
        # No row meets one of another part: it stands beside columns of NULL.
        joined = "".join(f" FULL JOIN {part} ON false" for part in others)
        self.sql = f"SELECT * FROM {first}{joined}"  # noqa: S608  # nosec B608
        self.params = [param for one in statements for param in one.params]

    def rows(self, **values: Any) -> list[list[Row]]:
        """The rows of each statement. Values of one name are the same in all of them."""
        found: list[list[Row]] = [[] for _ in self.statements]
        with prepared_cursor() as cursor:
            cursor.execute(self.sql, with_values(self.params, values))
            for row in cursor.fetchall():
                start = 0
                for one, rows in zip(self.statements, found, strict=True):
                    end = start + 1 + one.column_count
                    if row[start]:
                        rows.append(one.converted(row[start + 1 : end]))
                    start = end
        return found


def with_values(params: list[Any], values: dict[str, Any]) -> list[Any]:
    return [values[one.name] if isinstance(one, Given) else one for one in params]


def insert_together(*records: Model, once: Collection[Model] = ()) -> None:
    """Insert rows, also of several tables, by one statement: all of them or none. Those in `once`
    are left out where they are there already. Keys that the database makes are not read back."""
    texts, params = [], []
    for record in records:
        is_once = any(record is one for one in once)
        texts.append(insertion(type(record)) + " ON CONFLICT DO NOTHING" * is_once)
        params += inserted_values(record)
    *first, last = texts
    before = ", ".join(f"row_{number} AS ({text})" for number, text in enumerate(first))
    with inserting_cursor(*records) as cursor:
        cursor.execute(f"WITH {before} {last}" if first else last, params)
    for record in records:
        record._state.adding, record._state.db = False, DEFAULT_DB_ALIAS


def insert_once(record: Model, then: str = "true", *params: Any) -> bool:
    """Insert a row. False where one like it is there already, and the table stays as it is.

    `then` is an expression with its parameters that PostgreSQL evaluates where the row is new.
    """
    with inserting_cursor(record) as cursor:
        inserted = f"{insertion(type(record))} ON CONFLICT DO NOTHING RETURNING 1"
        sql = f"WITH new AS ({inserted}) SELECT {then} FROM new"  # noqa: S608  # nosec B608
        cursor.execute(sql, [*inserted_values(record), *params])
        is_new = cursor.fetchone() is not None
    record._state.adding, record._state.db = False, DEFAULT_DB_ALIAS
    return is_new


def inserting_cursor(*records: Model) -> Any:
    """Where changes are events, `clinic.history` has a say in the statement."""
    is_tracked = any(hasattr(record, "pgh_event_model") for record in records)
    return connection.cursor() if is_tracked else prepared_cursor()


@cache
def insertion(model: type[Model]) -> str:
    columns = ", ".join(
        connection.ops.quote_name(str(field.column)) for field in inserted_fields(model)
    )
    places = ", ".join(["%s"] * len(inserted_fields(model)))
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608  # nosec B608


@cache
def inserted_fields(model: type[Model]) -> list[Field]:
    """All but what the database fills in."""
    fields = model._meta.local_concrete_fields
    return [one for one in fields if not one.generated and not isinstance(one, AutoField)]


def inserted_values(record: Model) -> list[Any]:
    return [
        field.get_db_prep_save(field.pre_save(record, True), connection)
        for field in inserted_fields(type(record))
    ]


def prepared_cursor() -> Any:
    """A cursor as `connection.cursor()`, which counts and logs as that does."""
    connection.ensure_connection()
    cursor: Any = PreparedCursor(connection.connection)
    is_logged = connection.queries_logged
    return connection.make_debug_cursor(cursor) if is_logged else connection.make_cursor(cursor)
