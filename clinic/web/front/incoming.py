"""A request as granian has it, as the environ that WSGI wants (PEP 3333)."""

import io
import sys
from functools import lru_cache
from typing import Any, BinaryIO

from clinic.api.errors import Problem

Environ = dict[str, Any]


class SentFile:
    """What a view sends from a file: Django wraps it so where the server can do better."""

    def __init__(self, file: BinaryIO, block_size: int = 64 * 1024):
        self.file, self.block_size = file, block_size

    def __iter__(self):
        return iter(lambda: self.file.read(self.block_size), b"")

    def close(self) -> None:
        self.file.close()


OF_EVERY_REQUEST: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
    "wsgi.file_wrapper": SentFile,
}


def environ_of(scope: Any) -> Environ:
    """Raises Problem for a header whose name could be taken for another's."""
    server, _, port = scope.server.rpartition(":")
    environ = {
        **OF_EVERY_REQUEST,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
    }
    known = len(environ)
    for name, value in scope.headers.items():
        key = variable_of(name)
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ","
            value = f"{environ[key]}{separator}{value}"
        environ[key] = value
    names = scope.headers.keys()
    if len(environ) - known < len(names):  # granian has no value of what isn't ASCII.
        for name in names:
            environ.setdefault(variable_of(name), "")
    if scope.authority:  # The whole address in the first line counts more than Host (RFC 9112).
        environ["HTTP_HOST"] = scope.authority
    return environ


@lru_cache(maxsize=512)
def variable_of(name: str) -> str:
    """What CGI calls a header. It can't tell `X_Forwarded_For` from `X-Forwarded-For`, which a
    proxy has written and the clinic believes: a name with an underscore is refused."""
    if "_" in name:
        sentence = "Names of headers have no underscores here, and one of this request has."
        raise Problem(400, message=sentence)
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"
