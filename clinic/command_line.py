"""`manage.py`, for operators: what is wrong around the program is said in a sentence."""

import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError
from psycopg import errors as pg

from clinic.history import at_work

WITH_TRACEBACK = "--traceback"


def run(arguments: list[str]) -> None:
    """Run a command. Settings or a database that can't be used end it with a sentence and exit
    code 1, like a CommandError does; `--traceback` shows the places in the code as well."""
    try:
        with at_work("command", " ".join(arguments[1:2])):
            execute_from_command_line(arguments)
    except (ImproperlyConfigured, OperationalError, ProgrammingError) as error:
        if WITH_TRACEBACK in arguments or not (told := fault_sentence(error)):
            raise
        sys.exit(told)


def fault_sentence(error: Exception) -> str:
    """What an operator can do about it; nothing where the fault is in the program."""
    if isinstance(error, ImproperlyConfigured):
        return f"The settings can't be used. {error}"
    if isinstance(error.__cause__, pg.LockNotAvailable):
        return (
            "Somebody has a lock that this needs, and kept it for too long: what this step would "
            "have done is not done. `manage.py doctor` names transactions that are open for long; "
            "try again once they are over."
        )
    if isinstance(error, OperationalError) and "startup parameter" in str(error):
        return f"A pooler refuses the time-outs: set DATABASE_POOLER=1. It said: {error}"
    if isinstance(error, OperationalError):
        return f"The database can't be used: {str(error).strip()}"
    if isinstance(error.__cause__, pg.UndefinedTable | pg.UndefinedColumn):
        return "The tables are not up to date. Run `manage.py migrate` first."
    return ""
