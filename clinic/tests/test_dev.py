"""`manage.py dev`: one process tree, and nothing of it left at the end."""

import ctypes
import http.client
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from clinic.embedded import server
from clinic.tests.processes import PRODUCTION, environment, manage, started
from tests.server import free_port

PATIENCE = 120
PR_SET_CHILD_SUBREAPER = 36
COMPILED = shutil.ignore_patterns("__pycache__", "tests")


@pytest.fixture(scope="module")
def var_dir():
    directory = Path(tempfile.mkdtemp(prefix="clinic-"))
    yield directory
    server.stop(directory / "pg")
    shutil.rmtree(directory)


class Dev:
    """A running `manage.py dev` and all that it started."""

    def __init__(self, var_dir: Path, *options: str):
        self.port = free_port()
        self.log = var_dir / "dev.log"
        self.data = var_dir / "pg"
        arguments = ["dev", "--port", str(self.port), *options]
        self.process = started(*arguments, log=self.log, VAR_DIR=str(var_dir))
        self.family: list[psutil.Process] = []

    def __enter__(self) -> "Dev":
        wait_until(lambda: "Ctrl-C ends it." in self.log.read_text(), self.process)
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        return self

    def __exit__(self, *failure) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def child(self, *words: str) -> psutil.Process:
        return next(child for child in self.family if set(words) <= set(child.cmdline()))

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def left(self) -> list[psutil.Process]:
        """What still runs of it, after a moment for what was told to end."""
        _, alive = psutil.wait_procs(self.family, timeout=PATIENCE)
        return alive


def wait_until(is_so, process: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert process.poll() is None, "It ended before."
        assert time.monotonic() < until, "It took too long."
        time.sleep(0.05)


def get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_it_serves_an_empty_clinic_and_ctrl_c_ends_all_of_it(var_dir):
    with Dev(var_dir, "--no-seed") as dev:
        told = dev.log.read_text()

        assert get(dev.port, "/") == get(dev.port, "/register/") == 200
        assert f"http://127.0.0.1:{dev.port}/register/" in told
        assert "Nobody can sign in yet" in told
        assert str(var_dir / "mail") in told
        assert "Traceback" not in told
        assert "procrastinate." not in told
        assert dev.child("procrastinate", "worker").is_running()
        assert server.is_running(dev.data)

        assert dev.end(signal.SIGINT) == 0
        assert dev.left() == []
        assert not server.is_running(dev.data)


def test_it_fills_an_empty_database_and_sigterm_ends_all_of_it(var_dir):
    with Dev(var_dir) as dev:
        told = dev.log.read_text()

        assert f"Sign in with the password {settings.DEMO_PASSWORD} as" in told
        for name in ("admin", "reception", "doctor", "patient"):
            assert f"{name}@clinic.example" in told

        assert dev.end(signal.SIGTERM) == 0
        assert dev.left() == []


def test_a_worker_that_dies_ends_the_rest(var_dir):
    with Dev(var_dir, "--no-seed") as dev:
        dev.child("procrastinate", "worker").kill()

        assert dev.process.wait(PATIENCE) == 1
        assert "The job worker ended (exit code -9), and so does the rest." in dev.log.read_text()
        assert dev.left() == []
        assert not server.is_running(dev.data)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux ends children with their parent")
def test_nothing_is_left_of_it_when_it_is_killed(var_dir):
    with Dev(var_dir, "--no-seed") as dev:
        dev.process.kill()
        dev.process.wait(PATIENCE)

        assert dev.left() == []


def test_it_leaves_a_database_alone_that_ran_before(var_dir):
    server.connection_settings(var_dir / "pg")
    with Dev(var_dir, "--no-seed") as dev:
        assert dev.end(signal.SIGTERM) == 0

    assert server.is_running(var_dir / "pg")


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux lets a process adopt orphans")
def test_it_ends_in_peace_where_nobody_reaps_orphans(var_dir):
    adopt = ctypes.CDLL(None).prctl
    adopt(PR_SET_CHILD_SUBREAPER, 1)  # As the first process of a container that is no init.
    try:
        with Dev(var_dir, "--no-seed") as dev:
            assert dev.end(signal.SIGTERM) == 0
            assert "by force" not in dev.log.read_text()
    finally:
        adopt(PR_SET_CHILD_SUBREAPER, 0)


def test_it_ends_with_the_process_that_started_it(var_dir, tmp_path):
    port = str(free_port())
    log = tmp_path / "dev.log"  # A file of its own: another's says too soon that all is up.
    command = [sys.executable, "manage.py", "dev", "--no-seed", "--with-parent", "--port", port]
    shell = subprocess.Popen(
        ["sh", "-c", '"$@" > "$0" 2>&1; exit 0', str(log), *command],
        cwd=settings.BASE_DIR,
        env=environment(VAR_DIR=str(var_dir)),
    )
    wait_until(lambda: log.exists() and "Ctrl-C ends it." in log.read_text(), shell)
    family = psutil.Process(shell.pid).children(recursive=True)

    shell.kill()
    shell.wait(PATIENCE)

    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []


@pytest.fixture
def copy(tmp_path):
    """The project's code, to be edited."""
    for name in ("clinic", "accounts", "doctors", "patients", "appointments", "templates"):
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name, ignore=COMPILED)
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    (tmp_path / "static").mkdir()
    yield tmp_path
    server.stop(tmp_path / "var" / "pg")


def test_changed_code_is_served_and_worked_with_also_after_a_mistake(copy):
    log, views, port = copy / "dev.log", copy / "clinic" / "views.py", free_port()
    whole = views.read_text()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "dev", "--no-seed", "--port", str(port)],
            cwd=copy,
            env=environment(VAR_DIR=str(copy / "var")),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: "Ctrl-C ends it." in log.read_text(), process)
        wait_until(lambda: workers(process), process)
        first = workers(process)
        views.write_text(whole + "this is no Python\n")
        wait_until(lambda: "SyntaxError" in log.read_text(), process)
        wait_until(lambda: not workers(process), process)
        views.write_text(whole.replace("Patient Registration API", "Changed"))
        wait_until(lambda: "Changed" in asked(port), process)
        wait_until(lambda: len(workers(process)) == 1, process)

        assert len(first) == 1
        assert not first & workers(process)
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []
    assert "and so does the rest" not in log.read_text()


def workers(process: subprocess.Popen) -> set[int]:
    """The ids of the job workers that run below this process."""
    found = set()
    for child in psutil.Process(process.pid).children():
        with suppress(psutil.Error):
            is_dead = child.status() == psutil.STATUS_ZOMBIE
            if not is_dead and {"procrastinate", "worker"} <= set(child.cmdline()):
                found.add(child.pid)
    return found


def asked(port: int) -> str:
    """The first page's answer; empty while nobody serves."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"Accept": "application/json"})
        return connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()


def test_a_taken_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = manage("dev", "--port", str(port))

    assert result.returncode == 1
    assert result.stderr.startswith(f"CommandError: Port {port} of 127.0.0.1 can't be used")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "\uff18\uff10"])
def test_what_is_no_port_is_refused(port):
    result = manage("dev", f"--port={port}")

    assert result.returncode == 2
    assert "is no port" in result.stderr


def test_a_folder_that_cant_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    result = manage("dev", "--port", str(free_port()), VAR_DIR=str(tmp_path / "file" / "var"))

    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: The folder ")
    assert str(tmp_path) in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_that_doesnt_answer_is_one_sentence(tmp_path):
    result = manage(
        "dev",
        "--port",
        str(free_port()),
        DEBUG="1",
        DATABASE_URL=f"postgres://clinic@127.0.0.1:{free_port()}/clinic?connect_timeout=1",
        VAR_DIR=str(tmp_path),
    )

    assert result.returncode == 1
    assert "CommandError: The database can't be used: " in result.stderr
    assert "Traceback" not in result.stderr


def test_production_is_refused():
    result = manage("dev", **PRODUCTION)

    assert result.returncode == 1
    assert "dev is for development only" in result.stderr
