"""A gateway for text messages, as the clinic's HTTP sender knows it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Gateway(HTTPServer):
    """A gateway that answers everything with `status`, and keeps what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.status, self.requests = 202, []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v2/messages?account=7"


class Answer(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *arguments):
        pass


@pytest.fixture
def gateway(settings):
    server = Gateway()
    settings.SMS_BACKEND = "clinic.sms.http.Backend"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = server.url, "gateway-token"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
