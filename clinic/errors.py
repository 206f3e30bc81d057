"""Faults that a person can act on, whichever door they come through."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    models,
    transaction,
)
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext_lazy as _
from psycopg import errors as pg

# Raised by a service with one of these codes: the request is well formed, but it conflicts
# with what is stored. The API answers them with 409.
UNIQUE = "unique"
IN_USE = "in_use"
WRONG_STATE = "wrong_state"
OTHER_DAY = "other_day"
DOCTOR_INACTIVE = "doctor_inactive"
DOCTOR_DOUBLE_BOOKED = "doctor_double_booked"
PATIENT_DOUBLE_BOOKED = "patient_double_booked"
RESOURCE_DOUBLE_BOOKED = "resource_double_booked"
SESSION_FULL = "session_full"
DOCTOR_ABSENT = "doctor_absent"
CLINIC_CLOSED = "clinic_closed"
ALREADY_WAITING = "already_waiting"
CONFLICTS = {
    UNIQUE: "already_registered",
    IN_USE: IN_USE,
    WRONG_STATE: WRONG_STATE,
    OTHER_DAY: WRONG_STATE,
    DOCTOR_INACTIVE: DOCTOR_INACTIVE,
    DOCTOR_DOUBLE_BOOKED: DOCTOR_DOUBLE_BOOKED,
    PATIENT_DOUBLE_BOOKED: PATIENT_DOUBLE_BOOKED,
    RESOURCE_DOUBLE_BOOKED: RESOURCE_DOUBLE_BOOKED,
    SESSION_FULL: SESSION_FULL,
    DOCTOR_ABSENT: DOCTOR_ABSENT,
    CLINIC_CLOSED: CLINIC_CLOSED,
    ALREADY_WAITING: ALREADY_WAITING,
}


UNAVAILABLE = "unavailable"  # Not the sender's fault: the same may be sent again in a moment.
GONE = _(
    "Something that belongs to this was deleted or used meanwhile. Please look it up once more."
)


class NotAllowed(Exception):
    """This user may not do this to this record, though they may see it."""


class StepUpNeeded(Exception):
    """Whoever asks for this must first show once more that it is them."""


@contextmanager
def constraint_errors(
    instance: models.Model,
    *others: models.Model | type[models.Model],
    deadlock_code: str = "",
    in_whole: bool = False,
) -> Iterator[None]:
    """Turn a lost race on one of the model's constraints into its ValidationError.

    So is one on a constraint of `others`, which are written along with it; where a person looks
    for that fault, the instance says.

    With `in_whole`, the caller lets that error end the whole transaction or savepoint that it has
    begun itself: none is made for these statements alone.

    A deadlock between two losers of a race (SQLSTATE 40P01) is told as a violation of the
    constraint whose code is `deadlock_code`, where one is given.
    """
    try:
        with nullcontext() if in_whole else transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        raise violation(instance, "name", name, *others) or error from error
    except OperationalError as error:
        if not deadlock_code or not isinstance(error.__cause__, pg.DeadlockDetected):
            raise
        raise violation(instance, "violation_error_code", deadlock_code) or error from error


@contextmanager
def gone_errors() -> Iterator[None]:
    """Turn a key that leads nowhere as the transaction in it ends into a ValidationError
    (`wrong_state`). Where that is part of another one, the other's end is where it is found."""
    try:
        yield
    except IntegrityError as error:
        if not is_gone(error):
            raise
        raise ValidationError(GONE, code=WRONG_STATE) from error


def is_gone(error: Exception) -> bool:
    """Was a row deleted while another one was saved that refers to it?"""
    return isinstance(error.__cause__, pg.ForeignKeyViolation)


# What PostgreSQL says of no fault of the statement, beside what Django calls operational.
OF_THE_SERVER = (pg.ReadOnlySqlTransaction, pg.IdleInTransactionSessionTimeout)
# Somebody else is at work on the same rows: the next try may well succeed.
OF_THE_MOMENT = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NOT_WRITABLE = frozenset({errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE})


def is_unavailable(error: BaseException) -> bool:
    """Couldn't the database do it just now: away, too slow, or a row locked for too long?"""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return isinstance(error, DatabaseError) and isinstance(error.__cause__, OF_THE_SERVER)


def is_busy(error: BaseException) -> bool:
    return isinstance(error.__cause__, OF_THE_MOMENT)


def is_without_room(error: BaseException) -> bool:
    """Is a disk full, this machine's or that of the database?"""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    return isinstance(error.__cause__, pg.DiskFull)


def is_not_writable(error: BaseException) -> bool:
    """Does the disk take nothing, full or not?"""
    return isinstance(error, OSError) and error.errno in NOT_WRITABLE


def after_deadlocks(call: Callable[[], None], tries: int = 3) -> None:
    """Call a transaction again where PostgreSQL ended it for a deadlock: nothing of it was done."""
    for left in reversed(range(tries)):
        try:
            call()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, pg.DeadlockDetected):
                raise
        else:
            return


def violation(
    instance: models.Model,
    attribute: str,
    value: str | None,
    *others: models.Model | type[models.Model],
) -> ValidationError | None:
    """The sentence of the constraint that has this value, keyed to its field if it has one."""
    of_others = [constraint for other in others for constraint in other._meta.constraints]
    for constraint in [*instance._meta.constraints, *of_others]:
        if getattr(constraint, attribute) != value:
            continue
        fields: tuple[str, ...] = getattr(constraint, "fields", ())
        if len(fields) == 1:
            sentence = instance.unique_error_message(type(instance), fields)
            return ValidationError({fields[0]: sentence})
        code = constraint.violation_error_code
        sentence = ValidationError(constraint.get_violation_error_message(), code=code)
        keys = getattr(instance, "constraint_fields", {})
        return ValidationError({keys.get(code, NON_FIELD_ERRORS): sentence})
    return None


def delete_unreferenced(instance: models.Model, sentence: str) -> None:
    """Delete the row, or raise ValidationError (`in_use`) where other rows need it."""
    try:
        with transaction.atomic():
            instance.delete()
    except (ProtectedError, IntegrityError) as error:
        raise ValidationError(sentence, code=IN_USE) from error
