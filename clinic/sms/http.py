import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from clinic.sms import NotSent, Refused, TextMessage

TIMEOUT_SECONDS = 10
NOT_NOW = (408, 425, 429)  # Request Timeout, Too Early, Too Many Requests (RFC 9110, 8470, 6585).


class Backend:
    """Posts `{"to": "+49...", "text": "..."}` to `SMS_GATEWAY_URL`, with a Bearer token.

    Any 2xx answer is taken for sent. Redirects are not followed: the token would go along.
    Messages are posted at least once: the header `Idempotency-Key` (a UUID) is the same in every
    try of one message, however long after the first, and a gateway sends the first alone.
    """

    def send(self, message: TextMessage) -> None:
        body = json.dumps({"to": message.to, "text": message.text}).encode()
        headers = {
            "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}",
            "Content-Type": "application/json",
            "Idempotency-Key": message.key,
        }
        connection, path = connect(settings.SMS_GATEWAY_URL)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        except HTTPException as error:
            raise NotSent(f"The gateway's answer can't be read: {type(error).__name__}") from error
        finally:
            connection.close()
        if status >= 500 or status in NOT_NOW:
            raise NotSent(f"The gateway answered {status}.")
        if not 200 <= status < 300:
            raise Refused(f"The gateway answered {status}.")


def connect(url: str) -> tuple[HTTPConnection, str]:
    """A connection to the URL's host that isn't open yet, and what to ask for there."""
    parts = urlsplit(url)
    kinds = {"https": HTTPSConnection, "http": HTTPConnection}
    if parts.scheme not in kinds or not parts.hostname:
        raise ImproperlyConfigured("SMS_GATEWAY_URL must be an http or https address.")
    connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
    return connection, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
