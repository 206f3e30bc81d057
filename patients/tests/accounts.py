"""What patients send to register themselves with an account."""

PASSWORD = "Correct-horse-9"
URL = "/api/v1/patient/register"


def sent(**changes) -> dict:
    """A whole registration. A field set to None is left out."""
    data = {
        "first_name": "Grace",
        "last_name": "Hopper",
        "email": "Grace@Mail.Example",
        "phone_number": "+49 30 901820",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
        "date_of_birth": "1986-12-09",
        "gender": "female",
        "address": {
            "street": "Uferweg 7",
            "city": "Berlin",
            "state": "Berlin",
            "zip": "10115",
            "country": "DE",
        },
        "emergency_contact": {
            "name": "Vincent Foster",
            "phone": "+4930901821",
            "relationship": "husband",
        },
        "insurance_info": {"provider": "AOK", "policy_number": "A123456789"},
        "medical_history": ["Asthma", "Broken arm, 1999"],
    } | changes
    return {name: value for name, value in data.items() if value is not None}


def address(**changes) -> dict:
    return sent()["address"] | changes
