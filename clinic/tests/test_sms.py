import socket
import stat
import threading
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured
from procrastinate.jobs import Job

from clinic import sms
from clinic.sms import NotSent, Refused, TextRetry, locmem

PHONE, TEXT = "+4915112345678", "Your code is 123456. Grüße 👋"
KEY = "0192f0c1-7a0e-7c3b-9a51-1f5f0e6f8a77"


def test_the_console_prints(settings, capsys):
    settings.SMS_BACKEND = "clinic.sms.console.Backend"

    sms.send(PHONE, TEXT, KEY)

    assert capsys.readouterr().out == f"Text message to {PHONE}: {TEXT}\n"


def test_files_are_the_writers_alone(settings, tmp_path):
    settings.SMS_BACKEND = "clinic.sms.file.Backend"
    settings.SMS_FILE_PATH = tmp_path / "new" / "sms"

    sms.send(PHONE, TEXT, KEY)
    sms.send(PHONE, "Another one", KEY)

    files = sorted(settings.SMS_FILE_PATH.iterdir())
    assert len(files) == 2
    assert f"To: {PHONE}\n\n{TEXT}\n" in [file.read_text() for file in files]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(settings.SMS_FILE_PATH.stat().st_mode) == 0o700


def test_memory_keeps_them():
    sms.send(PHONE, TEXT, KEY)

    assert [(message.to, message.text) for message in locmem.outbox] == [(PHONE, TEXT)]


def test_the_gateway_gets_number_text_token_and_key(gateway):
    sms.send(PHONE, TEXT, KEY)

    [(path, headers, body)] = gateway.requests
    assert path == "/v2/messages?account=7"
    assert body == {"to": PHONE, "text": TEXT}
    assert headers["Authorization"] == "Bearer gateway-token"
    assert headers["Content-Type"] == "application/json"
    assert headers["Idempotency-Key"] == KEY


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_a_gateway_in_trouble_is_tried_again(gateway, status):
    gateway.status = status

    with pytest.raises(NotSent) as caught:
        sms.send(PHONE, TEXT, KEY)

    assert not isinstance(caught.value, Refused)
    assert "123456" not in str(caught.value)
    assert [retry(caught.value, attempts) for attempts in range(6)] == [5, 10, 20, 40, None, None]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 404, 422])
def test_a_refusal_is_final_and_no_redirect_is_followed(gateway, status):
    gateway.status = status

    with pytest.raises(Refused) as caught:
        sms.send(PHONE, TEXT, KEY)

    assert retry(caught.value, 0) is None
    assert len(gateway.requests) == 1


def test_a_gateway_that_is_down_is_tried_again(gateway, settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{probe.getsockname()[1]}/"

    with pytest.raises(OSError) as caught:
        sms.send(PHONE, TEXT, KEY)

    assert retry(caught.value, 0) == 5


def test_a_gateway_that_never_answers_is_given_up_for_now(gateway, settings, monkeypatch):
    monkeypatch.setattr("clinic.sms.http.TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(TimeoutError) as caught:
            sms.send(PHONE, TEXT, KEY)

    assert retry(caught.value, 0) == 5


def test_what_is_no_http_is_tried_again(gateway, settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server.getsockname()[1]}/"

        def answer():
            connection, _ = server.accept()
            connection.recv(65536)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(NotSent):
            sms.send(PHONE, TEXT, KEY)
        thread.join()


@pytest.mark.parametrize("url", ["", "ftp://gateway.example/", "file:///etc/passwd", "gateway"])
def test_only_http_addresses_are_taken(settings, url):
    settings.SMS_BACKEND, settings.SMS_GATEWAY_URL = "clinic.sms.http.Backend", url

    with pytest.raises(ImproperlyConfigured):
        sms.send(PHONE, TEXT, KEY)


def test_other_faults_are_not_tried_again():
    assert retry(ValueError("a fault of ours"), 0) is None


def retry(error: BaseException, attempts: int) -> int | None:
    """In how many seconds a job that failed like this is tried again."""
    job = Job(
        id=1,
        queue="default",
        lock=None,
        queueing_lock=None,
        task_name="send",
        attempts=attempts,
    )
    decision = TextRetry().get_retry_decision(exception=error, job=job)
    if decision is None:
        return None
    return round((decision.retry_at - datetime.now(UTC)).total_seconds())
