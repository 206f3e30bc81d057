"""Names and addresses as a clinic in a large city meets them, in several scripts."""

import unicodedata
from dataclasses import dataclass
from random import Random

from faker import Faker
from faker.config import AVAILABLE_LOCALES

from clinic.management.seeding.scripts import ROMANIZED, WRITTEN_OUT

# How often each is met: (locale, weight). Those in `WRITTEN_OUT` are listed by hand, because
# their Latin forms, which e-mail addresses and cards need, can't be had letter by letter.
LOCALES = {
    "de_DE": 40, "en_GB": 8, "pl_PL": 6, "tr_TR": 9, "fr_FR": 3, "it_IT": 3, "es_ES": 4,
    "nl_NL": 2, "vi_VN": 3, "el_GR": 2, "ru_RU": 4, "uk_UA": 5,
    "ar_SA": 4, "he_IL": 1, "hi_IN": 2, "ja_JP": 1, "zh_CN": 3,
}  # fmt: skip
ABROAD = ("en_GB", "fr_FR", "pl_PL", "nl_NL")
NAMES, STREETS = 160, 400  # Names of each kind and culture; addresses of each country.
PROVIDERS = ["faker.providers.person", "faker.providers.address", "faker.providers.misc"]


@dataclass(frozen=True, slots=True)
class Name:
    written: str
    latin: str  # ASCII.

    @property
    def western(self) -> str:
        """With its accents where it is written in Latin letters, else its Latin form."""
        is_western = unicodedata.name(self.written[0], "").startswith("LATIN")
        return self.written if is_western else self.latin


@dataclass(frozen=True, slots=True)
class Culture:
    female: list[tuple[Name, Name]]
    male: list[tuple[Name, Name]]

    def draw(self, rng: Random, gender: str) -> tuple[Name, Name]:
        """A first and a last name, each from another row of the list."""
        names = self.female if gender == "female" else self.male
        return rng.choice(names)[0], rng.choice(names)[1]


@dataclass(frozen=True, slots=True)
class Place:
    country: str
    city: str
    zip: str


@dataclass(frozen=True, slots=True)
class Country:
    places: list[Place]
    streets: list[str]


def draw_cultures(rng: Random) -> tuple[list[Culture], list[int]]:
    """The cultures, and how often each is met."""
    return [draw_culture(locale, rng) for locale in LOCALES], list(LOCALES.values())


def draw_culture(locale: str, rng: Random) -> Culture:
    if locale in WRITTEN_OUT:
        listed = WRITTEN_OUT[locale]
        return Culture(
            female=paired(names(listed["female"]), names(listed["last"])),
            male=paired(names(listed["male"]), names(listed["last"])),
        )
    fake = faker_of(locale, rng)
    female_last = getattr(fake, "last_name_female", fake.last_name)
    male_last = getattr(fake, "last_name_male", fake.last_name)
    return Culture(
        female=[(name(fake.first_name_female()), name(female_last())) for _ in range(NAMES)],
        male=[(name(fake.first_name_male()), name(male_last())) for _ in range(NAMES)],
    )


def faker_of(locale: str, rng: Random) -> Faker:
    fake = Faker(locale, providers=PROVIDERS, use_weighting=False)
    fake.seed_instance(rng.getrandbits(64))
    return fake


def names(listed: str) -> list[Name]:
    """From `written latin, written latin, ...`."""
    return [Name(*entry.split()) for entry in listed.split(",")]


def paired(first: list[Name], last: list[Name]) -> list[tuple[Name, Name]]:
    """Both lists side by side, the shorter one repeated."""
    size = max(len(first), len(last))
    return [(first[i % len(first)], last[i % len(last)]) for i in range(size)]


def name(written: str) -> Name:
    written = written[:50].strip()
    return Name(written, latin(written))


def latin(text: str) -> str:
    """The text in ASCII letters, spaces and hyphens; accents are dropped."""
    plain = unicodedata.normalize("NFKD", text.translate(ROMANIZED))
    return "".join(c for c in plain if c.isascii() and (c.isalpha() or c in " -")).strip()


def draw_countries(home: str, rng: Random) -> list[Country]:
    """The clinic's own country first, then a few from which visitors come."""
    known = (locale for locale in sorted(AVAILABLE_LOCALES) if locale.endswith(f"_{home}"))
    at_home = next(known, "en_GB")
    abroad = [locale for locale in ABROAD if locale != at_home]
    return [draw_country(at_home, home, rng)] + [
        draw_country(locale, locale[-2:], rng) for locale in abroad
    ]


def draw_country(locale: str, code: str, rng: Random) -> Country:
    fake = faker_of(locale, rng)
    city = fake.city()[:100]
    places = [Place(code, city, fake.postcode()[:12]) for _ in range(STREETS // 4)]
    places += [Place(code, fake.city()[:100], fake.postcode()[:12]) for _ in range(STREETS // 4)]
    return Country(places, [fake.street_name()[:190] for _ in range(STREETS)])
