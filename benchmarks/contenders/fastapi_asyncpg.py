"""B: FastAPI with asyncpg and SQL by hand, for speed. It does no more than A."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, HTTPException

from benchmarks.contenders import shapes
from benchmarks.contenders.common import DATABASE, UNTRACKED, ZONE, Claims, bounds_of

SHOWN = """a.id, a.doctor_id, 'Dr ' || d.first_name || ' ' || d.last_name AS doctor_name,
    a.patient_id, trim(p.first_name || ' ' || p.last_name) AS patient_name, a.starts_at, a.ends_at,
    (extract(epoch FROM a.ends_at - a.starts_at) / 60)::int AS duration_minutes, a.status,
    a.reason, a.overbook_reason <> '' AS overbook, a.overbook_reason, a.created_at, a.updated_at"""
PEOPLE = """JOIN doctors_doctor d ON d.id = a.doctor_id
    JOIN patients_patient p ON p.id = a.patient_id"""
WANTED = """a.starts_at >= $1 AND a.starts_at < $2 AND ($3::uuid IS NULL OR a.doctor_id = $3)"""
OF_DOCTOR = """a.starts_at >= $1 AND a.starts_at < $2 AND a.doctor_id = $3"""
COUNT = "SELECT count(*) FROM appointments_appointment a WHERE {}"
ROWS = f"""SELECT {SHOWN} FROM appointments_appointment a {PEOPLE}
    WHERE {{}} ORDER BY a.starts_at, a.id LIMIT $4"""
PATIENT = """SELECT p.*, EXISTS (SELECT FROM patients_identitydocument i WHERE i.patient_id = p.id)
    AS has_document FROM patients_patient p WHERE p.id = $1"""
PARTIES = """SELECT d.is_active AND NOT p.is_deceased AS may_be FROM doctors_doctor d,
    patients_patient p WHERE d.id = $1 AND p.id = $2"""
BOOK = f"""WITH a AS (INSERT INTO appointments_appointment (id, doctor_id, patient_id, starts_at,
        ends_at, status, reason, overbook_reason, booked_at, local_start, time_zone, sequence,
        created_at, updated_at, created_by_id)
    VALUES ($1, $2, $3, $4, $5, 'booked', $6, '', $7, $8, $9, 0, $7, $7, $10) RETURNING *)
    SELECT {SHOWN} FROM a {PEOPLE}"""


@asynccontextmanager
async def with_pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(
        DATABASE, min_size=1, max_size=20, server_settings=UNTRACKED
    ) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=with_pool)


@app.get("/api/v1/appointments")
async def list_appointments(
    claims: Claims, date: date, doctor_id: UUID | None = None, page_size: shapes.PageSize = 50
) -> shapes.Page:
    starts, ends = bounds_of(date)
    wanted = OF_DOCTOR if doctor_id else WANTED
    async with app.state.pool.acquire() as connection:
        count = await connection.fetchval(COUNT.format(wanted), starts, ends, doctor_id)
        rows = await connection.fetch(ROWS.format(wanted), starts, ends, doctor_id, page_size)
    return shapes.Page(count=count, results=[shapes.Appointment(**row) for row in rows])


@app.get("/api/v1/patients/{patient_id}")
async def show_patient(claims: Claims, patient_id: UUID) -> shapes.Patient:
    row = await app.state.pool.fetchrow(PATIENT, patient_id)
    if row is None:
        raise HTTPException(404, "There is no such patient.")
    contact = {name: row[f"emergency_contact_{name}"] for name in ("name", "phone", "relationship")}
    insurance = {name: row[f"insurance_{name}"] for name in ("provider", "policy_number")}
    nested = {
        "record_number": f"P-{row['number']:06d}",
        "name": f"{row['first_name']} {row['last_name']}".strip(),
        "address": {name: row[name] for name in shapes.Address.model_fields},
        "emergency_contact": contact if contact["name"] else None,
        "insurance_info": insurance if insurance["provider"] else None,
        "medical_history": row["medical_history"].split("\n") if row["medical_history"] else [],
    }
    return shapes.Patient(**{**row, **nested})


@app.post("/api/v1/appointments", status_code=201)
async def book(claims: Claims, booking: shapes.Booking) -> shapes.Appointment:
    now = datetime.now(UTC)
    async with app.state.pool.acquire() as connection:
        may_be = await connection.fetchval(PARTIES, booking.doctor_id, booking.patient_id)
        if may_be is None:
            raise HTTPException(404, "There is no such doctor or patient.")
        if not may_be or booking.starts_at <= now:
            raise HTTPException(422, "That can't be booked.")
        try:
            row = await connection.fetchrow(
                BOOK,
                uuid4(),
                booking.doctor_id,
                booking.patient_id,
                booking.starts_at,
                booking.starts_at + timedelta(minutes=booking.duration_minutes),
                booking.reason,
                now,
                f"{booking.starts_at.astimezone(ZONE):%Y-%m-%dT%H:%M}",
                ZONE.key,
                UUID(claims["user_id"]),
            )
        except asyncpg.ExclusionViolationError as error:
            raise HTTPException(409, "This time is taken.") from error
    return shapes.Appointment(**row)
