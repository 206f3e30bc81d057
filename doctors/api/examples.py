"""What is asked, for the OpenAPI document."""

from drf_spectacular.utils import OpenApiExample

DOCTOR, PLACE = (f"01938f4e-7c00-7000-8000-0000000000{number}" for number in (11, 44))
A_SCAN = OpenApiExample(
    "An ultrasound scan",
    {
        "name": "Ultrasound",
        "code": "US-1",
        "description": "Please drink a glass of water an hour before.",
        "duration_minutes": 40,
        "buffer_after_minutes": 10,
        "price": {"amount": "45.00", "currency": "EUR"},
        "for_new_patients": "any",
        "doctor_ids": [DOCTOR],
        "lengths": [{"doctor_id": DOCTOR, "duration_minutes": 60}],
        "location_ids": [PLACE],
        "needs": [{"pool": "Ultrasound", "count": 1}],
    },
    request_only=True,
)
A_PLACE = OpenApiExample(
    "A house",
    {
        "name": "Mill Lane",
        "address": "12 Mill Lane\n10115 Berlin",
        "phone": "+4930123456",
        "latitude": 52.520008,
        "longitude": 13.404954,
    },
    request_only=True,
)
A_ROOM = OpenApiExample(
    "A device",
    {"name": "Ultrasound 1", "kind": "equipment", "pool": "Ultrasound", "location_id": PLACE},
    request_only=True,
)
OUT_OF_SERVICE = OpenApiExample(
    "An afternoon",
    {
        "starts_at": "2026-12-07T12:00:00+01:00",
        "ends_at": "2026-12-07T18:00:00+01:00",
        "reason": "Maintenance",
    },
    request_only=True,
)
