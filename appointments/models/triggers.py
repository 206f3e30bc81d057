"""What the database keeps in step between visits, sessions and the rooms of both.

Visits and sessions are of two tables, which no exclusion constraint spans: each of the two looks
for the other, with the doctor's row locked, and refuses as the constraint of its own table does.
"""

import pgtrigger

from appointments.transitions import HOLDING

TIMES = ("starts_at", "ends_at", "buffer_before_minutes", "buffer_after_minutes")
STATUSES = ", ".join(f"'{status.value}'" for status in HOLDING)
OVERLAPS = (
    "TSTZRANGE(busy_from, busy_until, '[)') && TSTZRANGE(NEW.busy_from, NEW.busy_until, '[)')"
)
APART = """
    PERFORM 1 FROM doctors_doctor WHERE id = NEW.doctor_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM {table} WHERE doctor_id = NEW.doctor_id AND {condition} AND {overlaps})
    THEN
        RAISE EXCEPTION 'the doctor is booked then'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = '{constraint}';
    END IF;
    RETURN NULL;
"""
KEPT = """
    UPDATE appointments_appointmentresource
        SET busy_from = NEW.busy_from, busy_until = NEW.busy_until, is_held = {is_held}
        WHERE {owner}_id = NEW.id
        AND (busy_from, busy_until, is_held) IS DISTINCT FROM
            (NEW.busy_from, NEW.busy_until, {is_held});
    RETURN NULL;
"""


def apart_from_sessions() -> pgtrigger.Trigger:
    """On visits: none may lie in a session of its doctor."""
    return pgtrigger.Trigger(
        name="apart_from_sessions",
        when=pgtrigger.After,
        operation=pgtrigger.Insert
        | pgtrigger.UpdateOf("doctor_id", *TIMES, "status", "overbook_reason", "session_id"),
        condition=pgtrigger.Q(
            new__session__isnull=True, new__overbook_reason="", new__status__in=sorted(HOLDING)
        ),
        func=APART.format(
            table="appointments_groupsession",
            condition="cancelled_at IS NULL",
            overlaps=OVERLAPS,
            constraint="appointment_doctor_free",
        ),
    )


def apart_from_visits() -> pgtrigger.Trigger:
    """On sessions: none may lie over a visit to its doctor."""
    return pgtrigger.Trigger(
        name="apart_from_visits",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("doctor_id", *TIMES, "cancelled_at"),
        condition=pgtrigger.Q(new__cancelled_at__isnull=True),
        func=APART.format(
            table="appointments_appointment",
            condition=f"status IN ({STATUSES}) AND overbook_reason = '' AND session_id IS NULL",
            overlaps=OVERLAPS,
            constraint="session_doctor_free",
        ),
    )


def rooms_kept(owner: str, state: str, is_held: str) -> pgtrigger.Trigger:
    """On visits and sessions: their rooms are held when they are, and for as long as they are."""
    return pgtrigger.Trigger(
        name="rooms_kept",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf(*TIMES, state),
        func=KEPT.format(owner=owner, is_held=is_held),
    )


def rooms_let_go() -> pgtrigger.Trigger:
    """On offers: what is kept for one is free once it is over."""
    return pgtrigger.Trigger(
        name="rooms_let_go",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),
        condition=~pgtrigger.Q(new__state="open"),
        func="""
            DELETE FROM appointments_appointmentresource WHERE offer_id = NEW.id;
            RETURN NULL;
        """,
    )
