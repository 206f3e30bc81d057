"""Whom to tell of a weakness: `/.well-known/security.txt`, as RFC 9116 has it."""

from datetime import datetime, timedelta

from django.utils import timezone


def fields(client) -> list[tuple[str, str]]:
    answer = client.get("/.well-known/security.txt")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    text = answer.content.decode()
    assert text.endswith("\n")
    return [tuple(line.split(": ", 1)) for line in text.splitlines()]


def test_it_says_whom_to_tell_and_until_when_that_holds(client, settings):
    settings.SECURITY_POLICY_URL = ""
    told = dict(fields(client))

    expires = datetime.fromisoformat(told.pop("Expires"))
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)
    assert told == {
        "Contact": "mailto:reception@clinic.example",
        "Preferred-Languages": "en, de",
        "Canonical": f"{settings.CLINIC_URL}/.well-known/security.txt",
    }


def test_every_contact_has_a_line(client, settings):
    settings.SECURITY_CONTACTS = ["mailto:one@clinic.example", "https://clinic.example/report"]
    settings.SECURITY_POLICY_URL = "https://clinic.example/policy"

    told = fields(client)

    assert [value for name, value in told if name == "Contact"] == settings.SECURITY_CONTACTS
    assert ("Policy", "https://clinic.example/policy") in told
