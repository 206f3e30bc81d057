"""What the demo clinic treats: specializations with their visits, histories and excuses."""

from dataclasses import dataclass
from functools import cache

from doctors.specializations import code_of
from doctors.specializations.examples import USUAL, Example, examples_for

GROUP_FIELD = "Orthopedics"  # Whose doctor has a group and a series.
FIRST_VISIT, FOLLOW_UP = USUAL
# Where a doctor of the field takes longer than is usual, in minutes.
OWN_MINUTES = {("Cardiology", "Echocardiogram"): 45}


@dataclass(frozen=True, slots=True)
class Specialization:
    name: str
    usual: int  # Minutes of a visit, as for `lengths`.
    lengths: tuple[int, ...]
    reasons: tuple[str, ...]
    ages: tuple[int, int] = (16, 120)  # Years of its patients, both included.
    gender: str = ""  # Of its patients; empty: any.

    def treats(self, age: int, gender: str) -> bool:
        return self.ages[0] <= age <= self.ages[1] and self.gender in ("", gender)

    @property
    def kinds(self) -> tuple[Example | None, ...]:
        """What its visits are drawn from; None: one without a type."""
        return kinds_of(self.name)

    def minutes_of(self, kind: Example) -> int:
        return OWN_MINUTES.get((self.name, kind.name), kind.minutes)


@cache
def kinds_of(specialization: str) -> tuple[Example | None, ...]:
    single = [one for one in examples_for(code_of(specialization)) if not one.is_group]
    return (None, None, FOLLOW_UP, *single)


SPECIALIZATIONS = (
    Specialization(
        "General practice", 20, (15, 15, 20, 20, 30),
        ("Check-up", "Persistent cough", "Back pain", "Repeat prescription", "Blood test",
         "Flu vaccination", "High blood pressure", "Fatigue", "Sick note", "Travel advice"),
        ages=(12, 120),
    ),
    Specialization(
        "Pediatrics", 20, (15, 20, 20, 30),
        ("Preventive check-up", "Vaccination", "Fever and rash", "Earache", "Growth check",
         "Cough at night"),
        ages=(0, 17),
    ),
    Specialization(
        "Cardiology", 30, (30, 30, 45, 60),
        ("Echocardiogram", "Chest pain on exertion", "Palpitations", "Pacemaker check",
         "Stress test", "Follow-up after heart attack"),
    ),
    Specialization(
        "Dermatology", 15, (15, 15, 20, 30),
        ("Skin cancer screening", "Eczema", "Acne", "Mole check", "Psoriasis follow-up", "Warts"),
        ages=(0, 120),
    ),
    Specialization(
        "Gynecology", 30, (20, 30, 30, 45),
        ("Annual examination", "Prenatal visit", "Contraception advice", "Ultrasound",
         "Menopause symptoms"),
        gender="female",
    ),
    Specialization(
        "Orthopedics", 20, (15, 20, 30, 30),
        ("Knee pain", "Shoulder pain", "X-ray review", "Sprained ankle", "Follow-up after surgery",
         "Insoles"),
        ages=(6, 120),
    ),
    Specialization(
        "Neurology", 45, (30, 45, 60),
        ("Migraine", "Numbness in the hands", "EEG", "Dizziness", "Memory test",
         "Parkinson follow-up"),
    ),
    Specialization(
        "Ophthalmology", 20, (15, 20, 20, 30),
        ("Eye test", "Cataract check", "Glaucoma screening", "Red eye", "Contact lenses"),
        ages=(3, 120),
    ),
    Specialization(
        "Otolaryngology", 20, (15, 20, 30),
        ("Hearing test", "Sinusitis", "Tinnitus", "Sore throat", "Sleep apnea"),
        ages=(2, 120),
    ),
    Specialization(
        "Psychiatry", 60, (45, 60, 60),
        ("Initial interview", "Therapy session", "Medication review", "Sleep disorder"),
    ),
    Specialization(
        "Urology", 20, (15, 20, 30),
        ("Bladder check", "Kidney stones", "Urinary tract infection", "Ultrasound"),
    ),
    Specialization(
        "Endocrinology", 30, (20, 30, 45),
        ("Diabetes check", "Thyroid ultrasound", "Insulin adjustment", "Osteoporosis follow-up"),
    ),
)  # fmt: skip

CONDITIONS = (
    "Hypertension", "Type 2 diabetes", "Asthma", "Hypothyroidism", "Migraine", "Osteoarthritis",
    "High cholesterol", "Atrial fibrillation", "Depression", "Psoriasis", "Gastritis", "Anemia",
    "Sleep apnea", "Glaucoma", "Chronic kidney disease, stage 2",
)  # fmt: skip
EVENTS = (
    "Appendectomy", "Tonsillectomy", "Knee replacement", "Cataract surgery", "Fractured wrist",
    "Gallbladder removed", "Pneumonia", "Concussion", "Hernia repair",
)  # fmt: skip
ALLERGIES = ("penicillin", "latex", "nuts", "birch pollen", "ibuprofen", "bee stings", "house dust")
MEDICATION = ("Ramipril 5 mg", "Metformin 500 mg", "L-thyroxine 75 µg", "Salbutamol as needed")

INSURERS = (
    "Nordlicht Health Fund", "Riverside Mutual", "Linden Krankenkasse", "Amber General",
    "Stadtkasse Gesundheit", "Continental Care", "Seven Bridges Insurance",
)  # fmt: skip
CHOSEN_ONES = ("Spouse", "Partner", "Friend", "Neighbor")
PARENTS = {"female": "Mother", "male": "Father"}
SIBLINGS = {"female": "Sister", "male": "Brother"}
CHILDREN = {"female": "Daughter", "male": "Son"}

CANCELLED_BECAUSE = (
    "Feels better", "Has to work", "Ill with a cold", "Found an earlier date elsewhere",
    "Travelling", "Doctor called to an emergency", "", "",
)  # fmt: skip
MOVED_BECAUSE = ("Patient asked for another day", "Doctor at a conference", "")
ENTERED_IN_ERROR_BECAUSE = "Entered for the wrong patient"
