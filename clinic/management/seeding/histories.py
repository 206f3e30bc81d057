"""What a record says about a patient's health and insurance."""

from random import Random

from clinic.management.seeding.medicine import ALLERGIES, CONDITIONS, EVENTS, INSURERS, MEDICATION


def insurance(rng: Random) -> tuple[str, str]:
    """Provider and policy number; a few patients have neither."""
    if rng.random() < 0.08:
        return "", ""
    letter = rng.choice("ABCDEFGHKLMNPRSTVWX")
    return rng.choice(INSURERS), f"{letter}{rng.randrange(10**9):09d}"


def medical_history(age: int, born: int, year: int, rng: Random) -> str:
    """Entries, one a line, the more the older; the years lie in the patient's own life."""
    entries = []
    for _ in range(min(rng.randrange(0, 2 + age // 20), 5)):
        kind, since = rng.random(), rng.randint(max(min(born + 1, year), year - 25), year)
        if kind < 0.5 and age >= 18:
            entries.append(f"{rng.choice(CONDITIONS)} since {since}")
        elif kind < 0.7:
            entries.append(f"{rng.choice(EVENTS)} ({since})")
        elif kind < 0.9 or age < 18:
            entries.append(f"Allergy: {rng.choice(ALLERGIES)}")
        else:
            entries.append(f"Takes {rng.choice(MEDICATION)}")
    return "\n".join(dict.fromkeys(entries))
