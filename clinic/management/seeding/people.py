"""Accounts, doctors and patients of the demo clinic."""

from array import array
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import User
from accounts.roles import Role
from accounts.security.hashers import BCryptHasher
from clinic.management.seeding.cards import Holder
from clinic.management.seeding.cultures import (
    Culture,
    Name,
    draw_countries,
    draw_cultures,
)
from clinic.management.seeding.families import Families, gender_of
from clinic.management.seeding.histories import insurance, medical_history
from clinic.management.seeding.medicine import (
    CHILDREN,
    CHOSEN_ONES,
    PARENTS,
    SIBLINGS,
    SPECIALIZATIONS,
)
from clinic.management.seeding.phones import PhoneBook
from clinic.management.seeding.plan import Plan, local_instant, uuid7
from clinic.management.seeding.rota import Shift, week_of
from doctors.models import Doctor
from doctors.specializations import code_of
from patients.models import Patient
from patients.services import age_on

ADMIN, RECEPTION = "admin@clinic.example", "reception@clinic.example"
DOCTOR, PATIENT = "doctor@clinic.example", "patient@clinic.example"
DEMO_LOG_INS = (ADMIN, RECEPTION, DOCTOR, PATIENT)
MAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example", "post.example")
BCRYPT_LETTERS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
# How many in a hundred are born in each decade of life, and the genders they name.
AGES = (10, 10, 13, 15, 13, 12, 12, 8, 5, 2)
GENDERS = {"female": 500, "male": 480, "other": 10, "prefer_not_to_say": 10}


class People:
    """Makes everybody, in one order, and keeps what the calendar must know of them."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self.cultures, self.weights = draw_cultures(plan.rng("names"))
        self.countries = draw_countries(settings.CLINIC_COUNTRY, plan.rng("addresses"))
        self.phones = PhoneBook()
        self.families = Families(plan)
        self.opened = local_instant(plan.first_day - timedelta(days=900), time(8))
        self.password = hashed_demo_password(plan.rng("password"))
        self.doctors: list[Doctor] = []
        self.doctor_accounts: list[User] = []
        self.shifts: list[Shift] = []
        self.ids: list[UUID] = []  # Of the patients, by index, like what follows.
        self.registered = array("q")  # Seconds since 1970.
        self.photographed: list[tuple[Patient, Holder]] = []
        self.panels = [array("L") for _ in range(plan.doctors)]  # Which patients see whom.

    def account(self, email: str, role: Role, first: str, last: str, rng: Random) -> User:
        return User(
            id=uuid7(self.opened, rng),
            email=email,
            password=self.password,
            first_name=first,
            last_name=last,
            role=role,
            date_joined=self.opened,
        )

    def make_accounts(self) -> list[User]:
        """The accounts of everybody who signs in. The doctors are made along with theirs."""
        rng = self.plan.rng("accounts")
        self.admin = self.account(ADMIN, Role.ADMIN, "Ada", "Lindgren", rng)
        self.reception = self.account(RECEPTION, Role.RECEPTIONIST, "Robin", "Okafor", rng)
        self.patient_account = self.account(PATIENT, Role.PATIENT, "Paula", "Winter", rng)
        for index in range(self.plan.doctors):
            self.make_doctor(index, rng)
        staff = [self.admin, self.reception, self.patient_account]
        return staff + self.doctor_accounts

    def make_doctor(self, index: int, rng: Random) -> None:
        gender = rng.choice(("female", "male"))
        first, last = self.culture(rng).draw(rng, gender)
        if index == 0:
            first, last = Name("Maria", "Maria"), Name("Keller", "Keller")
        email = f"{mailbox(first, last)}{index}@clinic.example" if index else DOCTOR
        special = SPECIALIZATIONS[index % len(SPECIALIZATIONS)]
        is_gone = index % 12 == 11  # One in a dozen has left the clinic.
        account = self.account(email, Role.DOCTOR, first.western, last.western, rng)
        account.is_active = not is_gone
        self.doctor_accounts.append(account)
        self.shifts.append(
            Shift(index, special, week_of(index, self.plan), self.plan.today if is_gone else None)
        )
        self.doctors.append(
            Doctor(
                id=uuid7(self.opened, rng),
                user=account,
                first_name=first.western,
                last_name=last.western,
                email=email,
                phone=self.phones[index],
                specialization=special.name,
                specialization_code=code_of(special.name),
                license_number=f"LIC-{rng.randrange(10**6):06d}",
                is_active=not is_gone,
                default_duration_minutes=special.usual,
                created_at=self.opened,
                updated_at=self.opened,
            )
        )

    def make_patients(self) -> Iterator[Patient]:
        """One by one. Number 0 is the patient with the demo log-in."""
        rng = self.plan.rng("patients")
        for index in range(self.plan.patients):
            patient = self.make_patient(index, rng)
            self.ids.append(patient.id)
            self.registered.append(int(patient.created_at.timestamp()))
            age = age_on(self.plan.today, patient.date_of_birth or self.plan.today)
            self.join_panels(index, age, patient.gender, rng)
            yield patient

    def make_patient(self, index: int, rng: Random) -> Patient:
        drawn = rng.choices(list(GENDERS), list(GENDERS.values()))[0]
        gender = gender_of(index, drawn, self.families.rng)
        culture = self.culture(rng)
        first, last = culture.draw(rng, gender)
        email = f"{mailbox(first, last)}{index}@{rng.choice(MAIL_HOSTS)}"
        born = self.families.birthday(index, birthday(self.plan.today, rng))
        if index == 0:
            first, last = Name("Paula", "Paula"), Name("Winter", "Winter")
            gender, email, born = "female", PATIENT, date(1988, 3, 14)
        created = self.registration(index, born, rng)
        patient = Patient(
            id=uuid7(created, rng),
            number=index + 1,
            user=None if index else self.patient_account,
            first_name=first.written,
            last_name=last.written,
            email=email,
            phone=self.phones[self.plan.doctors + index],
            date_of_birth=born,
            gender=gender,
            consented_at=created,
            created_at=created,
            updated_at=created,
        )
        if patient.user is not None:  # Who signs in for the demo can book at once.
            patient.email_verified_at = patient.phone_verified_at = created
        if index < self.plan.photos:
            self.photographed.append((patient, Holder(first.latin, last.latin, born, gender)))
        self.add_address(patient, rng)
        age = age_on(self.plan.today, born)
        self.add_contact(patient, age, culture, rng)
        patient.insurance_provider, patient.insurance_policy_number = insurance(rng)
        patient.medical_history = medical_history(age, born.year, self.plan.today.year, rng)
        self.families.join(patient, index, self.reception)
        return patient

    def culture(self, rng: Random) -> Culture:
        return rng.choices(self.cultures, self.weights)[0]

    def registration(self, index: int, born: date, rng: Random) -> datetime:
        """When the patient came first: mostly years ago, one in ten within the calendar."""
        longest = (self.plan.now - self.opened) // timedelta(minutes=1)
        latest = 14 * 24 * 60 if index and rng.random() < 0.1 else longest
        created = self.plan.now - timedelta(minutes=rng.randrange(1, latest))
        if index == 0:
            created = self.opened + timedelta(days=30)
        return max(created, local_instant(born + timedelta(days=1), time(8)))

    def add_address(self, patient: Patient, rng: Random) -> None:
        country = self.countries[0] if rng.random() < 0.96 else rng.choice(self.countries[1:])
        place = rng.choice(country.places)
        patient.street = f"{rng.choice(country.streets)} {rng.randrange(1, 180)}"
        patient.city, patient.zip, patient.country = place.city, place.zip, place.country

    def add_contact(self, patient: Patient, age: int, culture: Culture, rng: Random) -> None:
        """Somebody to call: for two patients in three, and for every child."""
        if age >= 16 and rng.random() < 0.35:
            return
        gender = "female" if patient.gender == "female" else "male"
        if age >= 16 and rng.random() < 0.5:
            relationship = rng.choice(CHOSEN_ONES)
            first, last = culture.draw(rng, rng.choice(("female", "male")))
            name = f"{first.written} {last.written}"
        else:  # A relative of the same gender, so that the last name has the right form.
            kin = PARENTS if age < 30 else SIBLINGS if age < 55 else CHILDREN
            relationship = kin[gender]
            name = f"{culture.draw(rng, gender)[0].written} {patient.last_name}"
        patient.emergency_contact_name = name
        number: Any = self.phones[rng.randrange(5000)]
        patient.emergency_contact_phone = number
        patient.emergency_contact_relationship = relationship

    def join_panels(self, index: int, age: int, gender: str, rng: Random) -> None:
        """Choose the doctors whom this patient sees: one to three that treat such people."""
        fitting = [s.index for s in self.shifts if s.specialization.treats(age, gender)]
        fitting = fitting or [rng.randrange(len(self.shifts))]
        chosen = rng.sample(fitting, min(len(fitting), rng.choice((1, 2, 2, 3))))
        for doctor in {0: None, **dict.fromkeys(chosen)} if index == 0 else chosen:
            self.panels[doctor].append(index)


def mailbox(first: Name, last: Name) -> str:
    """The part of an address before its @, without a number: ASCII letters and a dot."""
    letters = f"{first.latin}.{last.latin}".lower()
    return "".join(c for c in letters if c.isalpha() or c == ".").strip(".") or "patient"


def birthday(today: date, rng: Random) -> date:
    """Somebody's date of birth, 0 to 98 full years ago."""
    decade = rng.choices(range(len(AGES)), AGES)[0]
    age = min(decade * 10 + rng.randrange(10), 98)
    return today - timedelta(days=int(age * 365.25) + rng.randrange(10, 355))


def hashed_demo_password(rng: Random) -> str:
    """The demo password, hashed once for every account, with a salt out of the plan's dice."""
    hasher = BCryptHasher()
    salt = "".join(rng.choices(BCRYPT_LETTERS, k=21)) + rng.choice(".Oeu")
    prefix = f"$2b${hasher.rounds:02d}$"
    return hasher.encode(settings.DEMO_PASSWORD, (prefix + salt).encode())  # type: ignore[arg-type]
