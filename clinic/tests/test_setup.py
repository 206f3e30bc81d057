"""`manage.py setup` writes a production that starts, and nothing over what is there."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from clinic.tests.processes import manage, python

GIVEN = (
    "--host",
    "clinic.example,www.clinic.example",
    "--email-url",
    "smtp+tls://a:b@m.example:587",
)


def values(path: Path) -> dict[str, str]:
    found = re.findall(r"^([A-Z_]+)=(.*)$", path.read_text(), re.MULTILINE)
    return {name: value.strip("'") for name, value in found}


def setup(path: Path, *options: str) -> str:
    out = StringIO()
    call_command("setup", "--file", str(path), "--no-input", *options, stdout=out)
    return out.getvalue()


def test_what_it_writes_is_a_production_of_which_nothing_is_left_to_say(tmp_path):
    path = tmp_path / ".env"
    told = setup(path, *GIVEN, "--name", "Praxis am Fluss # 1", "--trusted-proxies", "10.1.0.0/16")

    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [".env"]
    own = values(path)
    assert own["CLINIC_URL"] == "https://clinic.example"
    assert own["CLINIC_NAME"] == "Praxis am Fluss # 1"
    assert own["CLINIC_DOMAIN"] == "clinic.example"
    assert "createsuperuser" in told
    assert "Copy DOCUMENT_KEYS" in told
    assert not any(own[name] in told for name in ("SECRET_KEY", "DOCUMENT_KEYS"))
    result = manage("check", "--deploy", "--fail-level", "WARNING", ENV_FILE=str(path))
    assert result.returncode == 0, result.stderr
    show = "import clinic.settings as s; print(s.CLINIC_NAME)"
    assert python(show, ENV_FILE=str(path)).stdout == "Praxis am Fluss # 1\n"


def test_each_has_secrets_of_its_own(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    setup(first, *GIVEN)
    setup(second, *GIVEN)

    one, two = values(first), values(second)
    for name in (
        "SECRET_KEY",
        "DOCUMENT_KEYS",
        "POSTGRES_PASSWORD",
        "DATABASE_PASSWORD",
        "METRICS_TOKEN",
    ):
        assert len(one[name]) >= 32
        assert one[name] != two[name]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), r"Name the ALLOWED_HOSTS \(--host\)"),
        (("--host", "clinic.example"), r"Name the EMAIL_URL \(--email-url\)"),
        ((*GIVEN, "--host", "*"), "ALLOWED_HOSTS must list"),
        ((*GIVEN, "--time-zone", "Berlin"), "CLINIC_TIME_ZONE='Berlin' is no time zone"),
        ((*GIVEN, "--name", "It's"), "can't stand in a file of settings"),
        ((*GIVEN, "--host", "https://clinic.example/"), "ALLOWED_HOSTS must be host names alone"),
        ((*GIVEN, "--host", "clinic.example:443"), "ALLOWED_HOSTS must be host names alone"),
        ((*GIVEN, "--email-url", "mail.example"), r"EMAIL_URL must be smtp\+tls://"),
        ((*GIVEN, "--database-url", "sqlite:///clinic"), "DATABASE_URL must name a PostgreSQL"),
    ],
)
def test_what_production_would_refuse_is_not_written(tmp_path, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        setup(tmp_path / ".env", *options)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CommandError, match="can't be written: No such file or directory"):
        setup(tmp_path / "etc" / "env", *GIVEN)


def test_the_steps_are_those_of_who_has_a_database_of_their_own(tmp_path):
    told = setup(tmp_path / "env", *GIVEN, "--database-url", "postgres://clinic_app@/clinic")

    assert "docker compose" not in told
    assert "manage.py collectstatic" in told
    assert "DATABASE_OWNER_URL" in told


def test_what_is_there_is_never_written_over(tmp_path):
    path = tmp_path / ".env"
    path.write_text("SECRET_KEY=mine\n")

    with pytest.raises(CommandError, match="never written over"):
        setup(path, *GIVEN)
    assert path.read_text() == "SECRET_KEY=mine\n"
