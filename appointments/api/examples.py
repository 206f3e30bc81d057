"""What is asked and answered, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

DOCTOR, PATIENT, VISIT, TYPE, PLACE, DEVICE = (
    f"01938f4e-7c00-7000-8000-0000000000{number}" for number in (11, 22, 33, 44, 55, 66)
)
START, END = "2026-12-07T09:00:00Z", "2026-12-07T09:30:00Z"
FREE = {
    "starts_at": END,
    "ends_at": "2026-12-07T10:00:00Z",
    "location_id": None,
    "doctor_id": DOCTOR,
}
STEP: dict[str, Any] = {
    "at": "2026-11-30T08:15:00Z",
    "by": None,
    "from_status": "",
    "to_status": "booked",
    "from_starts_at": None,
    "from_ends_at": None,
    "from_doctor_id": None,
    "to_starts_at": START,
    "to_ends_at": END,
    "to_doctor_id": DOCTOR,
    "reason": "",
    "reason_code": "",
}
APPOINTMENT: dict[str, Any] = {
    "id": VISIT,
    "doctor_id": DOCTOR,
    "doctor_name": "Grace Hopper",
    "patient_id": PATIENT,
    "patient_name": "Ada Lovelace",
    "starts_at": START,
    "ends_at": END,
    "duration_minutes": 30,
    "status": "booked",
    "reason": "Check-up",
    "overbook": False,
    "overbook_reason": "",
    "service_id": None,
    "service": None,
    "location_id": PLACE,
    "location": {"id": PLACE, "name": "Mill Lane"},
    "resources": [],
    "price": None,
    "buffer_before_minutes": 0,
    "buffer_after_minutes": 0,
    "series_id": None,
    "session_id": None,
    "created_at": "2026-11-30T08:15:00Z",
    "updated_at": "2026-11-30T08:15:00Z",
    "history": [STEP],
}
SCANNED: dict[str, Any] = {
    **APPOINTMENT,
    "ends_at": "2026-12-07T09:40:00Z",
    "duration_minutes": 40,
    "service_id": TYPE,
    "service": {"id": TYPE, "name": "Ultrasound"},
    "resources": [{"id": DEVICE, "name": "Sono 1", "kind": "equipment", "pool": "Ultrasound"}],
    "price": {"amount": "45.00", "currency": "EUR"},
    "buffer_after_minutes": 10,
    "history": [{**STEP, "to_ends_at": "2026-12-07T09:40:00Z"}],
}


def refused_time(code: str, sentence: str, field: str, status: str) -> OpenApiExample:
    problem = {
        "success": False,
        "message": sentence,
        "code": code,
        "errors": {field: [sentence]},
        "request_id": "5f1c7c3e9d0b4a7c8f6e2d1a0b9c8d7e",
        "alternatives": [FREE],
    }
    return OpenApiExample(code, problem, response_only=True, status_codes=[status])


BOOKING = OpenApiExample(
    "Half an hour",
    {
        "doctor_id": DOCTOR,
        "patient_id": PATIENT,
        "starts_at": "2026-12-07T10:00:00+01:00",
        "duration_minutes": 30,
        "reason": "Check-up",
    },
    request_only=True,
)
BOOKING_BY_TYPE = OpenApiExample(
    "As long as an ultrasound takes",
    {
        "doctor_id": DOCTOR,
        "patient_id": PATIENT,
        "starts_at": "2026-12-07T10:00:00+01:00",
        "service_id": TYPE,
        "location_id": PLACE,
    },
    request_only=True,
)
MOVING = OpenApiExample(
    "An hour later", {"starts_at": "2026-12-07T11:00:00+01:00"}, request_only=True
)
CANCELLING = OpenApiExample(
    "By the patient", {"reason": "Ill", "reason_code": "pat"}, request_only=True
)
SHOWN = OpenApiExample("Booked", APPOINTMENT, response_only=True, status_codes=["200", "201"])
SHOWN_BY_TYPE = OpenApiExample(
    "Booked by type", SCANNED, response_only=True, status_codes=["200", "201"]
)
WARNED = OpenApiExample(
    "Booked outside of the hours",
    {**APPOINTMENT, "warnings": ["Outside the doctor's working hours."]},
    response_only=True,
    status_codes=["200", "201"],
)
TAKEN = refused_time(
    "doctor_double_booked", "This doctor is already booked then.", "starts_at", "409"
)
NO_ROOM = refused_time(
    "resource_double_booked",
    "No room or device that this needs is free then.",
    "starts_at",
    "409",
)
FREE_TIMES = OpenApiExample("Free times", FREE, response_only=True, status_codes=["200"])
FREE_OF_DOCTOR = OpenApiExample(
    "Free times",
    {"starts_at": START, "ends_at": END, "location_id": None},
    response_only=True,
    status_codes=["200"],
)
REPEATING = OpenApiExample(
    "Eight weeks",
    {
        "doctor_id": DOCTOR,
        "patient_id": PATIENT,
        "starts_at": "2026-12-07T10:00:00+01:00",
        "duration_minutes": 30,
        "rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=8",
    },
    request_only=True,
)
DOCTOR_TAKEN = {
    "code": "doctor_double_booked",
    "message": "This doctor is already booked then.",
}
PREVIEWED = OpenApiExample(
    "One date is taken",
    {
        "occurrences": [
            {
                "starts_at": START,
                "ends_at": END,
                "conflict": None,
                "warnings": [],
                "nearest": None,
            },
            {
                "starts_at": "2026-12-14T09:00:00Z",
                "ends_at": "2026-12-14T09:30:00Z",
                "conflict": DOCTOR_TAKEN,
                "warnings": [],
                "nearest": {
                    "starts_at": "2026-12-14T09:30:00Z",
                    "ends_at": "2026-12-14T10:00:00Z",
                    "location_id": None,
                },
            },
        ]
    },
    response_only=True,
    status_codes=["200"],
)
SERIES_SHOWN = OpenApiExample(
    "Booked",
    {
        "id": "01938f4e-7c00-7000-8000-000000000077",
        "doctor_id": DOCTOR,
        "patient_id": PATIENT,
        "rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=2",
        "created_at": "2026-11-30T08:15:00Z",
        "appointments": [
            {name: value for name, value in APPOINTMENT.items() if name != "history"},
        ],
        "skipped": [{"starts_at": "2026-12-14T09:00:00Z", "conflict": DOCTOR_TAKEN}],
        "replaced": [],
    },
    response_only=True,
    status_codes=["200", "201"],
)
