"""Holds the ports, and sees to it that as many processes serve as there should be."""

import json
import logging
import os
import select
import signal
import socket
import subprocess  # nosec B404
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any

from clinic.environment import STARTED_WITH
from clinic.management.serving.children import HEARD, Child, fork_child
from clinic.management.serving.worker import BACKLOG, serve_requests
from clinic.web.front.threads import Application

logger = logging.getLogger(__name__)

HANDED_ON = "CLINIC_SERVE_HANDED_ON"  # What one loading of the clinic leaves to the next.
WHEN_TOLD = "--when-told"  # Once is enough.
REPLACED_SECONDS = 60  # What is replaced may take so long to end what it has begun.
SOON = 5.0  # Seconds: who ends so soon after the start is started anew later and later.
LONGEST_PAUSE = 30.0
# Only Linux shares connections between sockets at one port; elsewhere all have the same one.
SHARED = socket.SO_REUSEPORT if sys.platform == "linux" else 0


@dataclass
class Master:
    """Each place in which a process serves has its number and a socket of its own, at the same
    port: the kernel gives each its share of the connections, and what waits for one that has ended
    is the next one's."""

    ports: list[socket.socket]
    workers: int
    stop_seconds: float
    arguments: list[str]
    application: Application = field(init=False)
    children: dict[int, Child] = field(default_factory=dict)
    old: list[int] = field(default_factory=list)
    pauses: dict[int, float] = field(default_factory=dict)
    due: dict[int, float] = field(default_factory=dict)
    check: subprocess.Popen | None = None
    said: IO[str] = field(init=False)
    is_stopping: bool = False

    def listen_to_signals(self) -> None:
        self.heard, wakes = socket.socketpair()
        self.heard.setblocking(False)
        wakes.setblocking(False)
        self.wakes = wakes
        signal.set_wakeup_fd(wakes.fileno())
        for signum in HEARD:
            signal.signal(signum, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)

    def serve(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP loads the clinic anew."""
        for number in range(self.workers):
            old = self.old.pop() if self.old else None
            self.start(number, replaces=old)
        for pid in self.old:
            self.children[pid].leave(REPLACED_SECONDS)
        while self.children or not self.is_stopping:
            self.wait()
            for signum in self.signals():
                if signum == signal.SIGHUP:
                    self.check_anew()
                elif signum in (signal.SIGTERM, signal.SIGINT):
                    self.stop()
            self.reap()
            self.follow()

    def start(self, number: int, replaces: int | None = None) -> None:
        child = fork_child(
            number,
            lambda ready: serve_requests(number + 1, self.ports[number], self.application, ready),
        )
        child.replaces = replaces
        self.children[child.pid] = child

    def wait(self) -> None:
        """Until something happens: a signal, a word of a child, or a time that was set."""
        times = [child.killed_at for child in self.children.values()] + list(self.due.values())
        soonest = min(times, default=float("inf")) - time.monotonic()
        words: list[Any] = [
            child.word for child in self.children.values() if child.word is not None
        ]
        limit = None if soonest == float("inf") else max(soonest, 0.01)
        select.select([self.heard, *words], [], [], limit)

    def signals(self) -> bytes:
        try:
            return self.heard.recv(4096)
        except BlockingIOError:
            return b""

    def stop(self) -> None:
        if not self.is_stopping:
            logger.info("Ending the web server")
        self.is_stopping = True
        self.due.clear()
        for port in self.ports:
            port.close()
        for child in self.children.values():
            child.end(self.stop_seconds)

    def follow(self) -> None:
        """Let those who are ready take the places of others, and those go who are asked to."""
        for child in list(self.children.values()):
            if child.has_word():
                logger.info("Process %s serves", child.pid)
                if child.replaces in self.children:
                    self.children[child.replaces].leave(REPLACED_SECONDS)
            child.press()
        for number, at in list(self.due.items()):
            if time.monotonic() >= at:
                del self.due[number]
                self.start(number)

    def reap(self) -> None:
        if self.check and self.check.poll() is not None:
            self.load_anew(self.check.returncode)
        for pid, child in list(self.children.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self.children[pid]
                if child.word is not None:
                    os.close(child.word)
                if not child.is_ending:
                    self.start_later(child, os.waitstatus_to_exitcode(status))

    def start_later(self, child: Child, code: int) -> None:
        """Another in the place of one that ended by itself: at once, or after a pause that grows
        where that happens again and again."""
        lived = time.monotonic() - child.began_at
        pause = 0.0 if lived > SOON else min(2 * self.pauses.get(child.number, 0.25), LONGEST_PAUSE)
        self.pauses[child.number] = pause or 0.25
        why = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        logger.error("Process %s ended (%s): another one starts", child.pid, why)
        self.due[child.number] = time.monotonic() + pause

    def check_anew(self) -> None:
        """Load the clinic in a process of its own first: what can't be loaded replaces nothing."""
        if self.check is None and not self.is_stopping:
            logger.info("Loading the clinic anew")
            command = [sys.executable, *self.arguments, "--check"]
            self.said = tempfile.TemporaryFile("w+")  # noqa: SIM115
            self.check = subprocess.Popen(  # noqa: S603  # nosec B603
                command, env=STARTED_WITH, stderr=self.said
            )

    def load_anew(self, code: int) -> None:
        """Become a process that has loaded what is there now, with the same id, the same port, and
        the processes that serve until others can."""
        self.check = None
        with self.said:
            self.said.seek(0)
            said = self.said.read().strip().rpartition("\n")[2]
        if self.is_stopping:
            return
        if code:
            logger.error("The clinic can't be loaded, so nothing is replaced: %s", said)
            return
        told = {"ports": [one.fileno() for one in self.ports], "children": [*self.children]}
        for port in self.ports:
            port.set_inheritable(True)
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)  # Until the next one listens.
        os.execve(  # noqa: S606  # nosec B606
            sys.executable,
            [sys.executable, *self.arguments],
            {**STARTED_WITH, HANDED_ON: json.dumps(told)},
        )


def opened_ports(host: str, port: int, number: int) -> list[socket.socket]:
    """So many sockets at the port, closed still. Raises OSError where it can't be had."""
    with opened_port(host, port):
        pass  # Others may not have it; ours share it.
    if not SHARED:
        return [opened_port(host, port)] * number
    return [opened_port(host, port, SHARED) for _ in range(number)]


def opened_port(host: str, port: int, *options: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        for option in (socket.SO_REUSEADDR, *options):
            opened.setsockopt(socket.SOL_SOCKET, option, 1)
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    return opened


def handed_on() -> dict[str, Any] | None:
    """What the same process left before it loaded the clinic anew."""
    told = STARTED_WITH.pop(HANDED_ON, None)
    os.environ.pop(HANDED_ON, None)
    return json.loads(told) if told else None


def run_master(
    host: str, port: int, workers: int, stop_seconds: float, load: Callable[[], Application]
) -> None:
    """Take the port, load the clinic, and serve. Raises OSError where the port can't be had."""
    told = handed_on() or {"ports": [], "children": []}
    ports = [socket.socket(fileno=number) for number in told["ports"]]
    is_new = not ports
    if is_new:
        ports = opened_ports(host, port, workers)
    elif SHARED:
        ports += [opened_port(host, port, SHARED) for _ in range(workers - len(ports))]
    arguments = [one for one in sys.argv if one != WHEN_TOLD]
    master = Master(ports, workers, stop_seconds, arguments)
    master.old = told["children"]
    master.children = {pid: Child(pid, -1) for pid in master.old}
    if is_new:
        master.application = load()
        master.listen_to_signals()
    else:
        master.listen_to_signals()  # They have been waiting since.
        master.application = load()
    for opened in ports[:workers]:
        opened.listen(BACKLOG)
        opened.setblocking(False)
        opened.set_inheritable(False)
    for left_over in ports[workers:]:
        left_over.close()
    master.serve()
