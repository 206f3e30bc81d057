"""Visit types that practices of each field of medicine usually have, to begin with.

Minutes and prices are a proposal that whoever sets a clinic up looks through; prices are whole
numbers, in whatever currency the clinic has.
"""

from dataclasses import dataclass

ULTRASOUND, TREATMENT_ROOM, EXERCISE_ROOM = "Ultrasound", "Treatment room", "Exercise room"
ROOMS = (TREATMENT_ROOM, EXERCISE_ROOM)  # Any other pool is of equipment.


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    minutes: int
    after: int = 0  # Minutes kept free after it.
    price: int | None = None
    pool: str = ""  # What it needs one of.
    description: str = ""
    for_new_patients: str = "any"
    is_online: bool = True
    is_group: bool = False  # Several patients come at once.


# Of any doctor.
USUAL = (
    Example(
        "First visit",
        40,
        description="For those who have not been here before. Please bring findings and the list "
        "of what you take.",
        for_new_patients="only",
    ),
    Example("Follow-up", 20, description="To talk about findings, or how it goes."),
)

BY_FIELD: dict[str, tuple[Example, ...]] = {
    "394814009": (  # General practice
        Example("Health check-up", 30, description="Please come without breakfast."),
        Example("Vaccination", 15, description="Please bring your vaccination card."),
        Example("Travel advice", 20, price=35),
    ),
    "419192003": (  # Internal medicine
        Example("Ultrasound of the abdomen", 30, 10, 60, ULTRASOUND, "Please come without meal."),
        Example("Stress test", 40, 5, 75),
    ),
    "394537008": (  # Pediatrics
        Example("Child's check-up", 30, description="Please bring the child's health booklet."),
        Example("Child's vaccination", 15, description="Please bring the vaccination card."),
    ),
    "394579002": (  # Cardiology
        Example("Echocardiogram", 30, 10, 85, ULTRASOUND),
        Example("Stress test of the heart", 40, 5, 75, description="Please bring sports shoes."),
        Example("Pacemaker check", 30),
    ),
    "394582007": (  # Dermatology
        Example("Skin cancer screening", 20, price=45),
        Example("Removal of a mole", 30, 10, 120, TREATMENT_ROOM, is_online=False),
    ),
    "394586005": (  # Gynecology
        Example("Annual examination", 30),
        Example("Prenatal ultrasound", 30, 10, 60, ULTRASOUND),
    ),
    "394585009": (  # Obstetrics and gynecology
        Example("Yearly examination", 30),
        Example("Ultrasound in pregnancy", 30, 10, 60, ULTRASOUND),
    ),
    "394801008": (  # Orthopedics
        Example("Physiotherapy", 30, 5, 38, TREATMENT_ROOM, "Please bring a towel."),
        Example("Joint injection", 20, 10, 55, TREATMENT_ROOM, is_online=False),
        Example("Back school", 60, 5, 18, EXERCISE_ROOM, "In a group.", is_group=True),
    ),
    "722138006": (  # Physiotherapy
        Example("Physiotherapy session", 30, 5, 38, TREATMENT_ROOM, "Please bring a towel."),
        Example("Yoga for the back", 60, 5, 18, EXERCISE_ROOM, "In a group.", is_group=True),
    ),
    "394591006": (  # Neurology
        Example("EEG", 45, 15, 90),
        Example("Memory test", 60, price=110),
    ),
    "394594003": (  # Ophthalmology
        Example("Eye test", 20),
        Example("Glaucoma screening", 30, price=40),
    ),
    "418960008": (  # Otolaryngology
        Example("Hearing test", 30),
        Example("Allergy test", 30, 10),
    ),
    "394587001": (  # Psychiatry
        Example("Initial interview", 60, for_new_patients="only"),
        Example("Therapy session", 50, 10, 100),
    ),
    "394612005": (  # Urology
        Example("Ultrasound of the kidneys", 20, 10, 55, ULTRASOUND),
        Example("Bladder check", 20),
    ),
    "394584008": (  # Gastroenterology
        Example("Ultrasound of liver and bowel", 30, 10, 60, ULTRASOUND, "Please come fasting."),
        Example("Breath test", 30),
    ),
    "408444009": (  # Dentistry
        Example("Dental check-up", 20),
        Example("Professional tooth cleaning", 60, 5, 95, TREATMENT_ROOM),
    ),
    "394583002": (  # Endocrinology
        Example("Thyroid ultrasound", 20, 10, 55, ULTRASOUND),
        Example("Diabetes check", 30),
    ),
}


def examples_for(code: str) -> tuple[Example, ...]:
    """What is proposed for a field, beside what is usual with every doctor."""
    return BY_FIELD.get(code, ())
