"""The web server of `manage.py run`: production's, with all of the clinic loaded before.

It is loaded while the database starts, and once for all processes that serve; when standard input
says so, the port is opened. Arguments are those of granian.
"""

import multiprocessing
import os
import signal
import sys
from importlib import import_module

from granian.cli import entrypoint

from clinic.management.running.endings import signal_with_parent


def serve_when_told() -> None:
    import_module("clinic.wsgi")
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")
        os.register_at_fork(after_in_child=end_with_server(os.getpid()))
    if sys.stdin.readline():  # Nothing comes where the parent has ended.
        entrypoint()


def end_with_server(server: int):
    """Processes that serve would keep the port when the one that started them is killed. Those
    that they start in turn have no such claim."""

    def bind() -> None:
        if os.getppid() == server:
            signal_with_parent(signal.SIGKILL)

    return bind


if __name__ == "__main__":
    serve_when_told()
