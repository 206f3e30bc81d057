"""The README's lines do what it says, as they stand."""

import json
import os
import re
import subprocess  # nosec B404

import pytest
from django.conf import settings
from django.core.management import call_command

from patients.models import Patient

README = (settings.BASE_DIR / "README.md").read_text()


@pytest.mark.django_db(transaction=True)
def test_the_lines_of_the_api_run_as_they_stand(served):
    call_command("seed", patients=20, doctors=3, days=2, force=True, verbosity=0)
    lines = re.search(r"```sh\n(.*?)```", README, re.DOTALL)[1]
    answer = subprocess.run(  # nosec B603 B607
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=settings.BASE_DIR,
        env={**os.environ, "CLINIC": f"http://127.0.0.1:{served}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    registered, found, doctors, today, free = parse_all(answer.stdout)
    assert registered["id"] == str(Patient.objects.get(email="ada@mail.example").pk)
    assert [row["id"] for row in found["results"]] == [registered["id"]]
    assert doctors["count"] == 3
    assert today["count"] > 0
    assert {"location_id", "starts_at", "ends_at", "doctor_id"} == set(free[0])


def test_every_file_that_it_names_exists():
    named = re.findall(r"\]\(([^)#]+)\)|`((?:docs/)?[\w.-]+\.(?:md|http|example|jpg))`", README)

    for path in {a or b for a, b in named}:
        assert (settings.BASE_DIR / path).exists(), path


def parse_all(text: str) -> list[dict]:
    """The JSON objects that stand one behind the other."""
    decoder, objects = json.JSONDecoder(), []
    while text := text.strip():
        value, end = decoder.raw_decode(text)
        objects.append(value)
        text = text[end:]
    return objects
