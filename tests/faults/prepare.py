"""Who works while things go wrong: doctors, patients, and an admin's token. Prints them as JSON.

It runs as a process of its own, in the environment of the clinic: `tests.faults.stage` starts it.
"""

import json
import sys

import django

django.setup()

# Models can be imported only now.
# ruff: noqa: E402
from accounts.models import User
from accounts.roles import Role
from accounts.services.sign_ins import begin_by_api
from doctors.models import Doctor
from patients.models import Patient

DOCTORS, PATIENTS = 24, 120
PASSWORD = "Faults-at-night-1"


def main() -> None:
    admin = User.objects.create_user("admin@faults.example", PASSWORD, role=Role.ADMIN)
    doctors = [
        Doctor.objects.create(
            first_name="Night",
            last_name=f"Watch{number}",
            email=f"doctor{number}@faults.example",
            specialization="General practice",
        )
        for number in range(DOCTORS)
    ]
    patients = [
        Patient.objects.create(
            first_name="Ada",
            last_name=f"Awake{number}",
            email=f"patient{number}@faults.example",
            phone=f"+4915113{number:06d}",
        )
        for number in range(PATIENTS)
    ]
    known = {
        "token": begin_by_api(admin).access_token,
        "email": admin.email,
        "password": PASSWORD,
        "doctors": [str(one.pk) for one in doctors],
        "patients": [str(one.pk) for one in patients],
    }
    sys.stdout.write(json.dumps(known))


main()
