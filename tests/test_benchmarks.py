"""The arithmetic of the benchmark, and that its figures fit into the document that shows them."""

import asyncio
import re
from contextlib import suppress

import pytest
from django.conf import settings

from benchmarks import report
from benchmarks.client import all_at_once, drive, request_bytes
from benchmarks.figures import Measured, Turn, percentile, ratios, summary
from benchmarks.plot import bars
from benchmarks.work import EVERYBODY, Requests, Wrong, all_work

KNOWN = {
    "token": "t",
    "cookie": "__Host-sessionid=s",
    "doctors": ["d1", "d2"],
    "saturday_doctors": ["d1"],
    "race_doctor": "d3",
    "patients": ["p1", "p2", "p3"],
    "days": ["2026-11-30"],
    "saturday": "2026-12-05",
    "tomorrow": "2026-12-01",
    "first_booking_day": "2027-02-01",
    "photo": str(settings.BASE_DIR / "docs" / "id-card.jpg"),
}

PIECES = (b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 4\r\nETag: x\r\n\r\nab", b"cd")


@pytest.mark.parametrize(
    ("share", "value"), [(0, 1), (0.01, 1), (0.5, 50), (0.505, 51), (0.99, 99), (1, 100)]
)
def test_a_percentile_is_a_value_that_was_measured(share, value):
    assert percentile(range(100, 0, -1), share) == value


def test_ratios_are_of_the_same_round():
    own = Measured(
        [
            Turn([0.1] * 30, 1.0, cpu=0.3, statements=60),
            Turn([0.3] * 10, 1.0, cpu=0.1, statements=20),
        ]
    )
    other = Measured([Turn([0.1] * 10, 1.0), Turn([0.1] * 10, 2.0)])

    found = summary(own, other)

    assert ratios(own, other) == [3, 2]
    assert (found["ratio"], found["ratio_min"], found["ratio_max"]) == (2.5, 2, 3)
    assert (found["requests"], found["cpu_ms"], found["statements"]) == (40, 10, 2)
    assert (found["p50_ms"], found["p99_ms"]) == (100, 300)
    assert summary(other, None)["cpu_ms"] is None


def test_bookings_never_ask_for_a_time_twice():
    make = Requests(KNOWN)
    asked = [make.booking() for _ in range(2 * 20 * 6)]

    assert len({(one["doctor_id"], one["starts_at"]) for one in asked}) == len(asked)
    assert asked[0]["starts_at"] == "2027-02-01T08:00:00+01:00"
    assert asked[-1]["starts_at"] == "2027-02-08T17:30:00+01:00"  # No weekend between.


def found_figures() -> dict:
    turn = Turn([0.01, 0.02], 1.0, cpu=0.01, statements=4, client_cpu=0.001)
    one = summary(Measured([turn]), Measured([turn]))
    race = {"answers": {"201": 1, "409": 1}, "one_booking": True, "rounds": 1, "callers": 2}
    return {
        "when": "2026-11-30T12:00+01:00",
        "machine": {"cores": 2, "python": "3.11", "load_before": 0.1, "load_after": 1.9},
        "data": {
            "rows": {"appointments": 1000, "patients": 10},
            "size": "1 MB",
            "postgresql": "18",
            "registering_ms": 250,
        },
        "bounds": {"rounds": 1, "seconds": 1.0},
        "connections": 16,
        "work": {"day list": {"A": one, "ours": {**one, "ratio": 0.5}}},
        "race": {"ours": {**race, "median_s": 0.1, "slowest_s": 0.2}},
        "memory_mb": {"ours": 300.0},
    }


def test_the_document_has_a_place_for_the_figures(tmp_path):
    document, picture = tmp_path / "benchmarks.md", tmp_path / "benchmarks.svg"
    document.write_text((settings.BASE_DIR / "docs" / "benchmarks.md").read_text())

    for _ in range(2):  # The second run takes the first one's place.
        report.publish(found_figures(), document, picture)

    text = document.read_text()
    assert text.count("1 x 201, 1 x 409") == text.count(report.BEGIN) == 1
    assert re.search(r"\| day list \| A \| 2\.0 \|.*\| 1 \|", text)
    assert picture.read_text() == bars(found_figures()["work"])
    assert "ours 0.50" in picture.read_text()


def test_every_kind_of_work_makes_requests_and_knows_a_wrong_answer():
    for work in all_work(Requests(KNOWN), '"old"', '"new"'):
        request = work.next_request(80)
        assert request.startswith((b"GET /", b"POST /")), work.name
        assert b"X-Forwarded-Proto: https" in request
        if work.contenders == EVERYBODY:
            with pytest.raises((Wrong, KeyError)):
                work.read(b'{"results": [], "status": "cancelled"}')


def test_the_client_reads_answers_in_pieces_and_keeps_its_connection():
    ports = []

    async def serve(reader, writer):
        ports.append(writer.get_extra_info("peername")[1])
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                for piece in PIECES:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.001)
        writer.close()

    async def run():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        seen = []
        request = request_bytes("GET", "/", {}, port=port)
        load = await drive(port, lambda: request, seen.append, connections=2, seconds=9, most=6)
        both = await all_at_once(port, [request] * 2)
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.01)  # Both sides have hung up.
        return load, seen, both

    load, seen, both = asyncio.run(run())

    assert len(load.latencies) == len(seen) == 6
    assert {(one.status, one.body, one.header("etag")) for one in seen} == {(200, b"abcd", "x")}
    assert len(set(ports)) == len(ports) == 2 + len(both)


def test_what_the_contenders_need_is_pinned():
    lines = (settings.BASE_DIR / "benchmarks" / "requirements.txt").read_text().splitlines()

    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted
    assert all(re.fullmatch(r"[a-z]+(\[[a-z]+\])?==[\w.]+", line) for line in wanted)
