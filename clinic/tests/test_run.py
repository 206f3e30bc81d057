"""`manage.py run`: one process tree, and nothing of it left at the end."""

import ctypes
import http.client
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, execute_from_command_line

from clinic.embedded import server
from clinic.tests.processes import (
    PATIENCE,
    environment,
    manage,
    python,
    started,
    wait_until,
)
from tests.server import free_port

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(scope="module")
def var_dir():
    directory = Path(tempfile.mkdtemp(prefix="clinic-"))
    yield directory
    server.stop(directory / "pg")
    shutil.rmtree(directory)


class Run:
    """A running `manage.py run` and all that it started."""

    def __init__(self, var_dir: Path, *options: str):
        self.port = free_port()
        self.log = var_dir / "run.log"
        self.data = var_dir / "pg"
        arguments = ["run", "--port", str(self.port), *options]
        self.process = started(*arguments, log=self.log, VAR_DIR=str(var_dir))
        self.family: list[psutil.Process] = []

    def __enter__(self) -> "Run":
        wait_until(lambda: "Ctrl-C ends it." in self.log.read_text(), self.process)
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        return self

    def __exit__(self, *failure) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    @property
    def web(self) -> psutil.Process:
        return self.child("serve", "--when-told")

    def child(self, *words: str) -> psutil.Process:
        return next(child for child in self.family if set(words) <= set(child.cmdline()))

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def left(self) -> list[psutil.Process]:
        """What still runs of it, after a moment for what was told to end."""
        _, alive = psutil.wait_procs(self.family, timeout=PATIENCE)
        return alive


def get(port: int, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def is_free(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_it_serves_an_empty_clinic_and_ctrl_c_ends_all_of_it(var_dir):
    """A hundred at once, static files, too; and links in mails, which the job worker writes, lead
    to its port."""
    with Run(var_dir, "--no-seed") as clinic:
        told = clinic.log.read_text()

        pages = ["/", "/register/", "/static/clinic/site.css", "/livez"] * 25
        with ThreadPoolExecutor(len(pages)) as pool:
            answered = list(pool.map(lambda path: get(clinic.port, path), pages))
        worker = clinic.child("work")

        assert answered == [200] * len(pages)
        assert worker.environ()["CLINIC_PORT"] == str(clinic.port)
        assert len(clinic.web.children()) == 2
        assert f"http://127.0.0.1:{clinic.port}/register/" in told
        assert "Nobody can sign in yet" in told
        assert str(var_dir / "mail") in told
        assert "Traceback" not in told
        assert "procrastinate." not in told
        assert worker.is_running()
        assert server.is_running(clinic.data)

        lines = clinic.log.read_text().splitlines()
        assert not [line for line in lines if "GET /" in line and "Slow:" not in line]

        assert clinic.end(signal.SIGINT) == 0
        assert clinic.left() == []
        assert is_free(clinic.port)
        assert not server.is_running(clinic.data)
        assert "Traceback" not in clinic.log.read_text()
        assert "another one starts" not in clinic.log.read_text()


def test_the_worker_takes_jobs_from_its_database(var_dir):
    """The web's connection pool and the worker's own reach the same server."""
    for command in (
        ["migrate", "-v0"],  # Nothing is left to do, unless this test runs alone.
        ["procrastinate", "defer", "clinic.purge", '{"timestamp": 0}'],
        ["procrastinate", "worker", "--one-shot"],
    ):
        result = manage(*command, VAR_DIR=str(var_dir))
        assert result.returncode == 0, result.stderr
    count = (
        "import django; django.setup(); "
        "from procrastinate.contrib.django.models import ProcrastinateJob as Job; "
        "print(*Job.objects.filter(task_name='clinic.purge').values_list('status'))"
    )
    environ = {"VAR_DIR": str(var_dir), "DJANGO_SETTINGS_MODULE": "clinic.settings"}

    assert python(count, **environ).stdout == "('succeeded',)\n"
    server.stop(var_dir / "pg")


def test_it_fills_an_empty_database_and_sigterm_ends_all_of_it(var_dir):
    with Run(var_dir) as clinic:
        told = clinic.log.read_text()

        assert f"Sign in with the password {settings.DEMO_PASSWORD} as" in told
        for name in ("admin", "reception", "doctor", "patient"):
            assert f"{name}@clinic.example" in told

        assert clinic.end(signal.SIGTERM) == 0
        assert clinic.left() == []


def test_a_web_server_that_is_killed_takes_all_with_it(var_dir):
    with Run(var_dir, "--no-seed") as clinic:
        clinic.web.kill()

        assert clinic.process.wait(PATIENCE) == 1
        assert (
            "The web server ended (exit code -9), and so does the rest." in clinic.log.read_text()
        )
        assert clinic.left() == []
        assert is_free(clinic.port)


def test_a_worker_that_dies_ends_the_rest(var_dir):
    with Run(var_dir, "--no-seed") as clinic:
        clinic.child("work").kill()

        assert clinic.process.wait(PATIENCE) == 1
        assert (
            "The job worker ended (exit code -9), and so does the rest." in clinic.log.read_text()
        )
        assert clinic.left() == []
        assert not server.is_running(clinic.data)


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux ends children with their parent")
def test_nothing_is_left_of_it_when_it_is_killed(var_dir):
    with Run(var_dir, "--no-seed") as clinic:
        web = clinic.web
        clinic.process.kill()
        web.kill()  # It can tell those that serve nothing, either.
        clinic.process.wait(PATIENCE)

        assert clinic.left() == []
        assert is_free(clinic.port)


def test_it_leaves_a_database_alone_that_ran_before(var_dir):
    server.connection_settings(var_dir / "pg")
    with Run(var_dir, "--no-seed") as clinic:
        assert clinic.end(signal.SIGTERM) == 0

    assert server.is_running(var_dir / "pg")


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux lets a process adopt orphans")
def test_it_ends_in_peace_where_nobody_reaps_orphans(var_dir):
    adopt = ctypes.CDLL(None).prctl
    adopt(PR_SET_CHILD_SUBREAPER, 1)  # As the first process of a container that is no init.
    try:
        with Run(var_dir, "--no-seed") as clinic:
            assert clinic.end(signal.SIGTERM) == 0
            assert "by force" not in clinic.log.read_text()
    finally:
        adopt(PR_SET_CHILD_SUBREAPER, 0)


def test_it_ends_with_the_process_that_started_it(var_dir, tmp_path):
    port = str(free_port())
    log = tmp_path / "run.log"  # A file of its own: another's says too soon that all is up.
    command = [sys.executable, "manage.py", "run", "--no-seed", "--with-parent", "--port", port]
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


def test_a_taken_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = manage("run", "--port", str(port))

    assert result.returncode == 1
    assert result.stderr.startswith(f"CommandError: Port {port} of 127.0.0.1 can't be used")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "\uff18\uff10"])
def test_what_is_no_port_is_refused(port, capsys):
    with pytest.raises(SystemExit) as ended:
        execute_from_command_line(["manage.py", "run", f"--port={port}"])

    assert ended.value.code == 2
    assert "is no port" in capsys.readouterr().err


def test_a_folder_that_cant_be_written_to_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    result = manage("run", "--port", str(free_port()), VAR_DIR=str(tmp_path / "file" / "var"))

    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: The folder ")
    assert str(tmp_path) in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_that_doesnt_answer_is_one_sentence(tmp_path):
    result = manage(
        "run",
        "--port",
        str(free_port()),
        DEBUG="1",
        DATABASE_URL=f"postgres://clinic@127.0.0.1:{free_port()}/clinic?connect_timeout=1",
        VAR_DIR=str(tmp_path),
    )

    assert result.returncode == 1
    assert "CommandError: The database can't be used: " in result.stderr
    assert "Traceback" not in result.stderr


def test_links_in_mails_follow_the_port_unless_an_address_is_set():
    tell = "from django.conf import settings; print(settings.CLINIC_URL)"
    known = {"DJANGO_SETTINGS_MODULE": "clinic.settings", "CLINIC_PORT": "8123"}
    address = "https://clinic.example"

    assert python(tell, **known).stdout == "http://127.0.0.1:8123\n"
    assert python(tell, **known, CLINIC_URL=address).stdout == f"{address}\n"


@pytest.mark.parametrize("command", ["run", "dev"])
def test_production_is_refused(settings, command):
    settings.DEBUG = False

    with pytest.raises(CommandError, match=f"{command} is for development only"):
        call_command(command)
