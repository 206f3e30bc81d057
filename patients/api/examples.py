"""What is asked and answered, for the OpenAPI document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

JSON, FORM = "application/json", "multipart/form-data"
PERSON = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@mail.example",
    "date_of_birth": "1990-12-10",
    "gender": "female",
}
ADDRESS = {"street": "Unter den Linden 1", "city": "Berlin", "zip": "10117", "country": "DE"}
FORM_ADDRESS = {f"address.{name}": value for name, value in ADDRESS.items()}
CHOSEN = {"password": "Clinic-demo-1", "confirm_password": "Clinic-demo-1"}


def as_sent(name: str, media_type: str, value: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(name, value, request_only=True, media_type=media_type)


STAFF_REGISTERS = as_sent("By staff", JSON, {**PERSON, "phone": "+4930123456", "address": ADDRESS})
STAFF_REGISTERS_BY_FORM = as_sent(
    "By form", FORM, {**PERSON, "phone": "+4930123456", **FORM_ADDRESS}
)
REGISTERS = as_sent(
    "With an account", JSON, {**PERSON, **CHOSEN, "phone_number": "+4930123456", "address": ADDRESS}
)
REGISTERS_BY_FORM = as_sent(
    "By form", FORM, {**PERSON, **CHOSEN, "phone_number": "+4930123456", **FORM_ADDRESS}
)
NEW_NUMBER = as_sent("A new number", JSON, {"phone": "+49 30 901821"})
CLAIMS = as_sent(
    "With a code", JSON, {"token": "K7QM-4TXA-93HF", "date_of_birth": "1990-12-10", **CHOSEN}
)
A_PARENT = as_sent(
    "A parent with an account",
    JSON,
    {
        "related_patient_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "relationship": "parent",
        "may_act": True,
        "gets_messages": True,
    },
)
A_NEIGHBOUR = as_sent(
    "A person who is no patient",
    JSON,
    {
        "name": "Charles Babbage",
        "phone": "+4930123457",
        "relationship": "caregiver",
        "gets_messages": True,
    },
)
A_CHILD = as_sent(
    "A child",
    JSON,
    {
        "first_name": "Byron",
        "last_name": "Lovelace",
        "date_of_birth": "2021-05-12",
        "relationship": "parent",
    },
)
