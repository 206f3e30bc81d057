"""An HTTP/1.1 client that costs little, so that the servers have the machine to themselves."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
PATIENCE = 60  # Seconds for one answer.


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        found = re.search(rb"\r\n%s: *([^\r]*)" % name.encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""


class Wire(asyncio.Protocol):
    """One connection, on which one request after the other is asked."""

    def __init__(self) -> None:
        self.buffer = b""
        self.waiting: asyncio.Future[Answer] | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.waiting

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, blank, rest = self.buffer.partition(b"\r\n\r\n")
        if not blank or self.waiting is None:
            return
        status = int(head[9:12])
        if status in (204, 304):
            size = 0
        elif found := LENGTH.search(head):
            size = int(found[1])
        elif CHUNKED.search(head):
            if not rest.endswith(b"0\r\n\r\n"):
                return
            size = len(rest)
        else:
            return  # It ends with the connection.
        if len(rest) >= size:
            self.answer(Answer(status, head, rest))

    def answer(self, answer: Answer) -> None:
        waiting, self.buffer, self.waiting = self.waiting, b"", None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("The server hung up."))


async def connect(port: int) -> Wire:
    _, wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", port)
    return wire


def request_bytes(
    method: str, path: str, headers: dict[str, str], body: bytes = b"", port: int = 80
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Load:
    """What a turn of load brought: seconds of each answer, and of the whole."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


async def drive(
    port: int,
    make: Callable[[], bytes],
    see: Callable[[Answer], None],
    connections: int,
    seconds: float,
    most: int,
) -> Load:
    """Ask by so many connections for so long, `most` times at most; `see` checks each answer."""
    load, left = Load(), most
    wires = [await connect(port) for _ in range(connections)]
    until = time.perf_counter() + seconds

    async def one(wire: Wire) -> None:
        nonlocal left
        while left > 0 and time.perf_counter() < until:
            left -= 1
            request = make()
            begun = time.perf_counter()
            answer = await wire.ask(request)
            load.latencies.append(time.perf_counter() - begun)
            see(answer)

    begun = time.perf_counter()
    try:
        async with asyncio.timeout(seconds + PATIENCE):
            await asyncio.gather(*map(one, wires))
    finally:
        for wire in wires:
            wire.transport.close()
    load.seconds = time.perf_counter() - begun
    return load


async def all_at_once(port: int, requests: list[bytes]) -> list[tuple[Answer, float]]:
    """Each on a connection of its own, at the same moment; with the seconds that each waited."""
    wires = [await connect(port) for _ in requests]

    async def one(wire: Wire, request: bytes) -> tuple[Answer, float]:
        begun = time.perf_counter()
        return await wire.ask(request), time.perf_counter() - begun

    waits: list[Awaitable[tuple[Answer, float]]] = [
        one(wire, request) for wire, request in zip(wires, requests, strict=True)
    ]
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.gather(*waits)
    finally:
        for wire in wires:
            wire.transport.close()
