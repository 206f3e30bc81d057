"""A PostgreSQL that can be taken away: what stands between it and a process of the tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import connection


class Forwarder:
    """Hands each connection to a port of this machine on to the tests' server."""

    def __init__(self) -> None:
        params = connection.get_connection_params()
        self.server = f"{params['host']}/.s.PGSQL.{params['port']}"
        self.ends: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.listen()

    def listen(self) -> None:
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                self.ends += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=hand_on, args=[one, other], daemon=True).start()

    def go_away(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def come_back(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.listen()


def hand_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def forwarded() -> Iterator[Forwarder]:
    forwarder = Forwarder()
    try:
        yield forwarder
    finally:
        with suppress(OSError):
            forwarder.go_away()
