"""Rows into tables by `COPY`, the fastest way in that still checks every constraint."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models
from psycopg import sql


def copy_instances(instances: Iterable[models.Model], model: type[models.Model]) -> int:
    """Write unsaved instances as they are, `auto_now` fields too. Returns how many.

    A generator is consumed row by row: memory doesn't grow with the number of rows.
    """
    fields = [field for field in stored_fields(model) if not is_auto(field)]

    def prepared() -> Iterator[tuple]:
        for instance in instances:
            yield tuple(
                field.get_db_prep_save(getattr(instance, field.attname), connection)
                for field in fields
            )

    return copy(model, fields, prepared())


def copy_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence]) -> int:
    """Write rows of values for the named fields; every other field gets its default."""
    named = [model._meta.get_field(name) for name in names]
    default = model()
    others = [
        field
        for field in stored_fields(model)
        if field not in named and not is_auto(field) and not has_db_default(field)
    ]
    constants = tuple(
        field.get_db_prep_save(getattr(default, field.attname), connection) for field in others
    )
    return copy(model, named + others, (tuple(row) + constants for row in rows))


def copy(model: type[models.Model], fields: Sequence[Any], rows: Iterable[tuple]) -> int:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.Identifier(field.column) for field in fields),
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
            count += 1
    return count


def stored_fields(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated]


def is_auto(field: Any) -> bool:
    return isinstance(field, models.AutoField)


def has_db_default(field: Any) -> bool:
    return field.db_default is not models.NOT_PROVIDED


def continue_sequences(models_with_ids: Sequence[type[models.Model]]) -> None:
    """Let the tables' own numbers go on after the ones that were written."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models_with_ids):
            cursor.execute(statement)


def analyze(written: Sequence[type[models.Model]]) -> None:
    """Tell the planner how the tables look now, rather than when it finds out itself."""
    tables = sql.SQL(", ").join(sql.Identifier(model._meta.db_table) for model in written)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ANALYZE {}").format(tables))
