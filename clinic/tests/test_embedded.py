"""The PostgreSQL that comes with the project: started, shared, stopped, found after crashes."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from clinic.embedded import server
from clinic.tests.processes import environment, manage, python

CONNECT = """
import sys
from pathlib import Path
from clinic.embedded import server
import psycopg
at = server.connection_settings(Path(sys.argv[1]))
with psycopg.connect(host=at["HOST"], port=at["PORT"], user=at["USER"], dbname="postgres") as c:
    print(c.execute("select current_setting('data_directory')").fetchone()[0])
"""


@pytest.fixture(scope="module")
def var_dir():
    """A folder that a PostgreSQL started by root can reach, with a short name for its socket."""
    directory = Path(tempfile.mkdtemp(prefix="clinic-"))
    yield directory
    server.stop(directory / "pg")
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def data(var_dir):
    return var_dir / "pg"


def postmaster(data: Path) -> int:
    return int((data / "postmaster.pid").read_text().split("\n", 1)[0])


def servers(data: Path) -> list[int]:
    """The servers of that folder: their children show no folder in their command lines."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        command = process.info["cmdline"] or [""]
        if command[0].endswith("postgres") and str(data) in command:
            found.append(process.info["pid"])
    return found


def test_four_processes_racing_on_an_empty_folder_get_one_server(data):
    command = [sys.executable, "-c", CONNECT, str(data)]
    racers = [
        subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = [racer.communicate(timeout=120)[0].strip() for racer in racers]

    assert answers == [str(data)] * 4
    assert servers(data) == [postmaster(data)]


def test_it_goes_on_running_for_the_next_process(data):
    before = server.connection_settings(data)
    pid = postmaster(data)

    assert python(CONNECT.replace("sys.argv[1]", repr(str(data)))).returncode == 0
    assert (postmaster(data), server.connection_settings(data)) == (pid, before)


def test_stop_ends_it_and_the_next_connection_starts_it(data):
    server.connection_settings(data)

    server.stop(data)

    assert not server.is_running(data)
    assert servers(data) == []
    server.stop(data)  # A second time is no fault.
    server.connection_settings(data)
    assert server.is_running(data)


def test_a_server_that_somebody_else_stopped_is_started_again(data):
    server.connection_settings(data)
    stop = "from pathlib import Path; from clinic.embedded import server; server.stop(Path({!r}))"
    assert python(stop.format(str(data))).returncode == 0
    assert not server.is_running(data)

    server.connection_settings(data)

    assert server.is_running(data)


def test_a_crashed_server_is_started_again_though_its_process_id_is_taken(data):
    server.connection_settings(data)
    crashed = psutil.Process(postmaster(data))
    family = [crashed, *crashed.children()]
    left_behind = (data / "postmaster.pid").read_text().split("\n", 1)[1]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=60)
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{left_behind}")
    (data / ".handle_pids.json").write_text("")  # As a killed process leaves it.

    assert not server.is_running(data)
    server.connection_settings(data)

    assert server.is_running(data)
    assert postmaster(data) != os.getpid()


def test_dbshell_starts_it_and_reaches_it(var_dir, data):
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    server.stop(data)

    result = manage("dbshell", "--", "-Atc", "select 6 * 7", VAR_DIR=str(var_dir))

    assert (result.stdout, result.returncode) == ("42\n", 0), result.stderr


def test_asking_whether_it_runs_starts_nothing(tmp_path):
    assert not server.is_running(tmp_path / "pg")
    server.stop(tmp_path / "pg")

    assert not (tmp_path / "pg").exists()
