"""What can be checked of the files that install, ship and start the clinic, without shipping it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from django.conf import settings
from django.core.management import execute_from_command_line
from django.urls import resolve

from clinic.tests.processes import PRODUCTION, environment, run
from tests.server import end, free_port, wait_for

ROOT: Path = settings.BASE_DIR
REQUIREMENTS = ("requirements.txt", "requirements-s3.txt", "requirements-dev.txt")
SERVERS = {"database", "cache", "mail"}


def text(name: str) -> str:
    return (ROOT / name).read_text()


def compose() -> dict:
    return yaml.safe_load(text("docker-compose.yml"))


def dockerfile() -> list[tuple[str, str]]:
    """Its instructions, such as ("WORKDIR", "/app")."""
    joined = re.sub(r"\\\n\s*", "", text("Dockerfile"))
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def instruction(name: str) -> str:
    return [rest for word, rest in dockerfile() if word == name][-1]


def pins(name: str) -> dict[str, str]:
    """Versions by package, both as they are written but for case and extras."""
    found = re.findall(
        r"^([A-Za-z0-9_.-]+)(?:\[[a-z0-9,]+\])?==([^\s;]+)", text(name), re.MULTILINE
    )
    return {package.lower(): version for package, version in found}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_so_is_what_it_brings(name):
    lines = [line for line in text(name).splitlines() if line and line[0] not in "#-"]
    constraints = pins("constraints.txt")

    assert len(pins(name)) == len(lines)
    assert {package: constraints.get(package) for package in pins(name)} == pins(name)


def test_what_is_installed_fits_together():
    installer = ["uv", "pip"] if find_spec("uv") else ["pip"]  # As in the Makefile.
    result = run(sys.executable, "-m", *installer, "check")

    assert result.returncode == 0, result.stdout + result.stderr


def test_make_lists_its_commands():
    result = run("make", "help")

    for name in ("run", "test", "check", "browser", "format"):
        assert re.search(rf"^make {name}\s+\S", result.stdout, re.MULTILINE)


@pytest.mark.parametrize("python", ["/nowhere/python3", "false"])
def test_make_without_a_fit_python_is_one_sentence(tmp_path, python):
    for name in ("Makefile", "requirements.txt", "constraints.txt"):
        (tmp_path / name).write_text(text(name))

    result = run("make", "-C", str(tmp_path), "--no-print-directory", "run", f"PYTHON={python}")

    assert result.returncode != 0
    assert result.stderr.startswith("The clinic needs Python 3.11 or newer")
    assert python in result.stderr
    assert not (tmp_path / ".venv").exists()


def test_every_management_command_that_the_files_name_exists():
    commands = set()
    for name in ("Makefile", "Dockerfile", "docker-compose.yml", ".ci/run"):
        plain = re.sub(r'[",\[\]]', " ", text(name))
        commands |= set(re.findall(r"manage\.py +([a-z_]+(?: +(?:worker|healthchecks))?)", plain))

    assert {"dev", "migrate", "collectstatic"} <= {
        " ".join(command.split()) for command in commands
    }
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            execute_from_command_line(["manage.py", *command.split(), "--help"])
        assert ended.value.code == 0, command


def test_the_workflow_runs_the_one_script():
    workflow = yaml.safe_load(text(".github/workflows/ci.yml"))
    steps = workflow["jobs"]["checks"]["steps"]
    script = text(".ci/run")

    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert script.startswith("#!/usr/bin/env bash\n")
    assert re.findall(r"^make (\w+)", script, re.MULTILINE) == [
        "check",
        "audit",
        "cover",
        "faults",
        "fuzz",
    ]
    assert run("bash", "-n", ".ci/run").returncode == 0


def test_the_hooks_are_the_tools_of_the_checks():
    hooks = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    tools = {Path(hook["entry"].split()[0]).name for hook in hooks}

    assert tools <= set(re.findall(r"\$\(BIN\)/([a-z-]+)", text("Makefile")))


def test_compose_starts_the_clinic_in_order():
    services = compose()["services"]

    assert set(services) == {"proxy", "database", "cache", "mail", "migrations", "web", "worker"}
    assert services["migrations"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        after = services[name]["depends_on"]
        assert after["migrations"] == {"condition": "service_completed_successfully"}
        assert set(after) <= set(services)
    for name in ("database", "cache", "worker"):
        assert "test" in services[name]["healthcheck"]
    used = {volume.split(":")[0] for s in services.values() for volume in s.get("volumes", [])}
    assert used == set(compose()["volumes"])


def test_compose_opens_the_proxy_to_the_network_and_nothing_else():
    services = compose()["services"]

    assert services["proxy"]["ports"] == ["80:80", "443:443", "443:443/udp"]
    assert services["mail"]["profiles"] == ["mailbox"]  # Never by itself.
    for name, service in services.items():
        ports = service.get("ports", [])
        assert name == "proxy" or all(port.startswith("127.0.0.1:") for port in ports)


def test_each_container_is_bounded_and_has_the_secrets_of_its_own_alone():
    for name, service in compose()["services"].items():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"]["max-size"]
        assert "mem_limit" in service or name == "mail"
    for name in ("web", "worker", "migrations"):
        service = compose()["services"][name]
        own = service["environment"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert own["DATABASE_URL"] == "postgres://clinic_app@database:5432/clinic"
        assert own["EMAIL_URL"].startswith("${EMAIL_URL:?")
        assert own["POSTGRES_PASSWORD"] == ""
        assert bool(own["DATABASE_OWNER_PASSWORD"]) == (name == "migrations")
    web = compose()["services"]["web"]
    assert int(web["environment"]["WEB_STOP_SECONDS"]) < int(web["stop_grace_period"][:-1])
    known = set(re.findall(r"^#? ?([A-Z_]+)=", text(".env.example"), re.MULTILINE))
    assert set(web["environment"]) <= known


def test_a_password_stands_in_one_place():
    """In the URL where it is there, else by itself: whatever it holds needs no escaping."""
    show = "from clinic.settings.database import *; print(DATABASES['default']['PASSWORD'], "
    show += "DATABASE_OWNER['PASSWORD'])"
    urls = {
        "DATABASE_URL": "postgres://clinic_app@localhost/clinic",
        "DATABASE_OWNER_URL": "postgres://clinic:o@localhost/clinic",
    }
    own = {**PRODUCTION, **urls, "DATABASE_PASSWORD": "a@b/c:d", "DATABASE_OWNER_PASSWORD": "no"}

    assert run(sys.executable, "-c", show, **own).stdout == "a@b/c:d o\n"


def test_proxies_and_units_are_whole(tmp_path):
    """Read by the programs themselves where this machine has them."""
    caddyfile, nginx = text("docs/proxy/Caddyfile"), text("docs/proxy/nginx.conf")
    for file in (caddyfile, nginx):
        assert file.count("{") == file.count("}")
        assert "/metrics" in file
        assert re.search(r"45(MB|m)\b", file)
    assert compose()["configs"]["proxy"]["file"] == "./docs/proxy/Caddyfile"
    assert "dynamic a {$CLINIC_UPSTREAM:web} 8000" in caddyfile
    if shutil.which("caddy"):
        checked = run(
            *("caddy", "validate", "--adapter", "caddyfile", "--config", "docs/proxy/Caddyfile"),
            CLINIC_DOMAIN="localhost",
        )
        assert checked.returncode == 0, checked.stderr
    for line in ("proxy_set_header Host $http_host;", "proxy_request_buffering on;"):
        assert line in nginx
    units = []
    for name in ("clinic-web", "clinic-worker"):
        unit = text(f"docs/systemd/{name}.service")
        command = re.search(r"^ExecStart=\S+ manage\.py (\w+)$", unit, re.MULTILINE)
        assert command[1] in {"serve", "work"}
        here = unit.replace("/srv/clinic/.venv/bin/python", sys.executable)
        here = here.replace("WorkingDirectory=/srv/clinic", f"WorkingDirectory={tmp_path}")
        units.append(tmp_path / f"{name}.service")
        units[-1].write_text(here)
    if shutil.which("systemd-analyze"):
        checked = run("systemd-analyze", "verify", *map(str, units))
        assert (checked.returncode, checked.stderr) == (0, "")


def test_what_compose_needs_from_the_environment_is_in_the_example():
    example = set(re.findall(r"^([A-Z_]+)=", text(".env.example"), re.MULTILINE))
    hosts = set(re.findall(r"[@/]([a-z]+):[0-9]+", text(".env.example"))) - {"host", "localhost"}

    assert set(re.findall(r"\$\{([A-Z_]+)", text("docker-compose.yml"))) <= example
    assert hosts == SERVERS


def test_the_image_takes_what_exists_and_runs_as_nobody_special():
    for word, rest in dockerfile():
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists()
    ignored = text(".dockerignore").split()

    assert instruction("USER") == "clinic"
    assert {".env", ".git", ".venv", "var"} <= set(ignored)
    assert len([word for word, _ in dockerfile() if word == "FROM"]) == 2


@pytest.fixture(scope="module")
def static_root(tmp_path_factory):
    """The static files, collected by the Dockerfile's own command."""
    collected = tmp_path_factory.mktemp("static")
    command = next(rest for word, rest in dockerfile() if "collectstatic" in rest)
    command = command.replace(" python ", f" {shlex.quote(sys.executable)} ")
    result = run("sh", "-c", command, STATIC_ROOT=str(collected))
    assert result.returncode == 0, result.stderr
    return collected


@contextmanager
def image(static_root: Path, var_dir: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """The server that the image starts, and its port."""
    port = str(free_port())
    python, *command = json.loads(instruction("CMD"))
    assert python == "python"
    server = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(
            **PRODUCTION, STATIC_ROOT=str(static_root), VAR_DIR=str(var_dir), WEB_PORT=port
        ),
        start_new_session=True,
    )
    try:
        yield server, port
    finally:
        end(server)


def test_the_image_serves_production_and_finds_itself_healthy(static_root, tmp_path):
    check = json.loads(re.search(r"CMD (\[.*\])", instruction("HEALTHCHECK"))[1])[2]
    page = (
        "import re, urllib.request as http\n"
        "headers = {'Host': 'clinic.example', 'X-Forwarded-Proto': 'https'}\n"
        "get = lambda path: http.urlopen(http.Request('http://127.0.0.1:PORT' + path, "
        "headers=headers), timeout=60).read().decode(errors='replace')\n"
        "for page in ('/', '/register/', '/admin/login/', '/docs', '/redoc'):\n"
        "    files = re.findall(r'[\"\\'](/static/[^\"\\']+)', get(page))\n"
        "    print(page, len(files) > 0, all(get(file) for file in files))\n"
    )
    with image(static_root, tmp_path) as (server, port):
        wait_for(int(port), server)
        healthy = run(sys.executable, "-c", check, WEB_PORT=port)
        found = run(sys.executable, "-c", page.replace("PORT", port))

        server.terminate()
        assert server.wait(60) == 0

    assert healthy.returncode == 0, healthy.stderr
    assert found.stderr == ""
    assert found.stdout.count("True True\n") == 5, found.stdout


@pytest.mark.django_db(transaction=True)
def test_granian_serves_the_clinic_over_the_embedded_database(served):
    for path in ("/", "/livez", "/readyz"):
        with urlopen(f"http://127.0.0.1:{served}{path}", timeout=60) as answer:
            assert answer.status == 200


def test_every_request_of_the_collection_has_a_route():
    requests = re.findall(
        r"^(GET|POST|PATCH|DELETE) \{\{host\}\}(/[^?\s]*)", text("requests.http"), re.MULTILINE
    )
    sample = "0190b6a0-0000-7000-8000-000000000000"

    assert len(requests) > 15
    for method, path in requests:
        match = resolve(re.sub(r"\{\{[^}]+\}\}", sample, path))
        assert method.lower() in match.func.actions, f"{method} {path}"


def test_the_architecture_says_why_each_package_is_there():
    table = text("docs/architecture.md").split("## Direct dependencies")[1].lower()

    assert [package for package in pins("requirements.txt") if package not in table] == []
