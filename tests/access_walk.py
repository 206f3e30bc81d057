"""Walks every route of the clinic, and reads the table that states what must be answered."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.messages import get_messages
from django.db import connection, transaction
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver

from tests.access_world import ACTORS, PATIENTS, World

TABLE = Path(__file__).with_name("access_table.txt")
LIMITS = Path(__file__).with_name("statements.txt")
# What only opens and closes parts of a transaction is not counted.
AROUND = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT")
# What changes rows, or defers a job: `SELECT` of a function may, too.
WRITES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|MERGE|TRUNCATE)\b|.*procrastinate_defer|.*nextval", re.I
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
PLACE = re.compile(r"<(\w+)>")
# Answers that tell an asker: this is open to you.
OPEN = {"ok", "to", "bad", "409"}


def routes(patterns=None, prefix: str = "/") -> Iterator[str]:
    """Every route of the URLconf as a person reads it: `/api/v1/patients/<id>`."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = prefix + readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, address)
        else:
            yield address


def readable(pattern: str) -> str:
    text = re.sub(r"<\w+:(\w+)>", r"<\1>", NAMED_GROUP.sub(r"<\1>", pattern))
    text = re.sub(r"\\([.-])", r"\1", text.removeprefix("^"))
    return re.sub(r"(/\?)?(\\Z|\$)?$", "", text)


@dataclass
class Route:
    """A route of the table: the address that is asked for, and what each cell must be."""

    name: str
    address: str
    cells: dict[str, dict[str, str]]  # By method, by actor.
    bodies: dict[str, str]  # What is sent, by method.

    def url(self, world: World, missing: str = "") -> str:
        """The address with keys of real records; `missing` names the one that nobody has."""

        def key(match: re.Match) -> str:
            place = place_of(match, self.address)
            if place not in world.keys:
                raise AssertionError(
                    f"{self.name}: no record stands behind <{match[1]}> ({place}). Put one into "
                    f"tests/access_world.py, or write `= address` behind the route."
                )
            real, absent = world.keys[place]
            return absent if match[1] == missing else real

        return PLACE.sub(key, self.address)

    @property
    def places(self) -> list[str]:
        return PLACE.findall(self.address)

    def askers(self, method: str) -> list[str]:
        """Who asks for it, in the order of the table: a method that there is not is refused
        before anybody's role is looked at, and the console lets no patient in, whoever that is. So
        one of those who are told so asks for all."""
        cells, turn = self.cells[method], len(self.name + method)
        refused = [actor for actor in ACTORS if cells[actor] == "405"]
        shut_out = [actor for actor in PATIENTS if cells[actor] == "login"]
        silent = {
            actor
            for alike in (refused, shut_out if self.is_console else [])
            for actor in alike
            if actor != alike[turn % len(alike)]
        }
        return [actor for actor in ACTORS if actor not in silent]

    @property
    def is_console(self) -> bool:
        return self.name.startswith("/admin/")

    @property
    def is_api(self) -> bool:
        return self.name.startswith("/api/")


def place_of(match: re.Match, address: str) -> str:
    """Which record stands in this place of an address: `patients/<id>` is a patient."""
    before = [part for part in address[: match.start()].split("/") if part]
    if match[1] == "object_id" and before[0] == "admin" and len(before) > 2:
        return before[2]
    if match[1] == "id":
        return before[-1].replace("-", "").removesuffix("s")
    return match[1].removesuffix("_id")


def read_table() -> dict[str, Route]:
    """The stated table: see the head of `access_table.txt`."""
    table: dict[str, Route] = {}
    route = None
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        text = line.partition("#")[0].rstrip()
        if not text:
            continue
        if not text.startswith(" "):
            name, _, address = (part.strip() for part in text.partition(" = "))
            route = table[name] = Route(name, address or name, {}, {})
            continue
        methods, codes = re.fullmatch(r"\s+([A-Z ]*[A-Z])\s{2,}(.*)", text).groups()
        codes, _, body = (part.strip() for part in codes.partition(" {"))
        stated = codes.split()
        assert len(stated) == len(ACTORS), f"Line {number} of the table: {line}"
        assert "500" not in stated, f"Line {number} of the table states a failure."
        for method in methods.split():
            route.cells[method] = dict(zip(ACTORS, stated, strict=True))
            if body:
                route.bodies[method] = "{" + body
    for route in table.values():
        fill(route)
    return table


def fill(route: Route) -> None:
    """What the table leaves out: see its head."""
    refused = options = dict.fromkeys(ACTORS, "405")
    if route.name in ("/health", "/livez", "/readyz"):
        options = dict.fromkeys(ACTORS, "ok")
    if route.is_api:
        refused = refused | {"disabled": "401"}
        options = dict.fromkeys(ACTORS, "ok") | {"disabled": "401"}
    if route.is_console and "GET" in route.cells:
        gate = {
            actor: "login" if to == "login" else "405" for actor, to in route.cells["GET"].items()
        }
        for method in METHODS[3:]:
            route.cells.setdefault(method, gate)
    if "GET" in route.cells:
        route.cells.setdefault("HEAD", route.cells["GET"])
    route.cells.setdefault("OPTIONS", options)
    for method in METHODS:
        route.cells.setdefault(method, refused)


def ask(world: World, actor: str, route: Route, method: str, url: str) -> HttpResponse:
    """Send the request; whatever it does is taken back."""
    browser = world.browsers[actor]
    body = PLACE.sub(lambda match: world.keys[match[1]][0], route.bodies.get(method, "{}"))
    sent: dict = {"secure": False}
    if route.is_api:
        sent |= {"data": body, "content_type": "application/json"}
        if method in ("GET", "HEAD", "OPTIONS"):
            sent = {}
        if actor in world.tokens:
            sent["headers"] = {"Authorization": f"Bearer {world.tokens[actor]}"}
    elif method == "POST":
        sent = {"data": json.loads(body)}
    cookies = browser.cookies.copy()
    if route.is_api:
        browser.cookies.clear()
    try:
        with transaction.atomic():
            connection.queries_log.clear()  # It is bounded.
            with CaptureQueriesContext(connection) as queries:
                response = getattr(browser, method.lower())(url, **sent)
            response.statements = sum(not one["sql"].startswith(AROUND) for one in queries)
            response.writes = [one["sql"] for one in queries if WRITES.match(one["sql"])]
            response.told = [str(each) for each in get_messages(response.wsgi_request)]
            response.whole = b"".join(response) if response.streaming else response.content
            transaction.set_rollback(True)
    finally:
        browser.cookies = cookies
    return response


def read_limits() -> dict[str, int]:
    """The most statements of each request, such as `GET /me/`: see `statements.txt`."""
    lines = (line.partition("#")[0].split() for line in LIMITS.read_text().splitlines())
    return {" ".join(request): int(most) for most, *request in filter(None, lines)}


def code_of(response: HttpResponse) -> str:
    """The answer in a word of the table."""
    status = response.status_code
    if 200 <= status < 300:
        return "ok"
    if 300 <= status < 400:
        to = response.headers["Location"].partition("?")[0]
        if to in {resolve_url(settings.LOGIN_URL), "/admin/login/", "/sign-in/"}:
            return "login"
        return "-" if any("exist" in each for each in response.told) else "to"
    words = {400: "bad", 406: "bad", 415: "bad", 422: "bad", 403: "no", 404: "-"}
    return words.get(status, str(status))


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
    "Content-Security-Policy": "frame-ancestors 'none'",
}
# What is for everybody, and what calendars ask for again and again by its tag.
MAY_BE_KEPT = re.compile(r"/(openapi\.json|docs|redoc|health|livez|readyz)?|.*/calendar\.ics")


def header_faults(route: Route, response: HttpResponse, is_somebody: bool) -> list[str]:
    """What this answer lets a browser do, though it shouldn't."""
    missing = [name for name, part in HEADERS.items() if part not in response.headers.get(name, "")]
    is_shown = is_somebody and code_of(response) == "ok" and response.whole
    if is_shown and not MAY_BE_KEPT.fullmatch(route.name):
        missing += ["no-store"] * ("no-store" not in response.headers.get("Cache-Control", ""))
    return missing


def everything(response: HttpResponse) -> str:
    """All that the asker gets to see of an answer."""
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    cookies = response.cookies.output() if response.cookies else ""
    return "\n".join([headers, cookies, *response.told, response.whole.decode(errors="replace")])


def comparable(response: HttpResponse, *keys: str) -> str:
    """All of an answer, less what is new in every answer, and the keys that were asked for."""
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in ("X-Request-ID", "Date", "Expires", "Last-Modified", "Content-Length")
    }
    text = response.whole.decode(errors="replace")
    text = re.sub(r'"request_id":\s*"[^"]*"', "", text)
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    whole = json.dumps([response.status_code, headers, sorted(response.cookies), response.told])
    whole += "\n" + text
    for key in sorted(keys, key=len, reverse=True):
        whole = whole.replace(key, "<key>")
    return whole


def observed(world: World, name: str, address: str = "", bodies: dict | None = None) -> str:
    """How a route answers today, as lines of the table: to be judged before they are stated."""
    route = Route(name, address or name, {}, bodies or {})
    fill(route)
    default = route.cells
    rows: dict[str, list[str]] = {}
    seen = {}
    for method in METHODS:
        url = route.url(world)
        codes = {actor: code_of(ask(world, actor, route, method, url)) for actor in ACTORS}
        seen[method] = codes
        is_default = codes == default[method]
        if method in METHODS[3:] and route.is_console:
            is_default = set(codes.values()) <= {"login", "405"}
        if method == "HEAD":
            is_default = codes == seen["GET"]
        if not is_default:
            line = " ".join(f"{codes[actor]:<6}" for actor in ACTORS).rstrip()
            if method in route.bodies:
                line = f"{line:<55} {route.bodies[method]}"
            rows.setdefault(line, []).append(method)
    head = name if route.address == name else f"{name} = {route.address}"
    lines = [f"  {' '.join(methods):<10}  {line}" for line, methods in rows.items()]
    return "\n".join([head, *lines])
