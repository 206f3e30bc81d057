"""Phone numbers that are valid in form and reach nobody."""

import phonenumbers
from django.conf import settings
from phonenumbers import PhoneNumberType

# Set aside by the German regulator for films and the like (notice 148/2021): 1000 each.
GERMAN_FICTION = ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")


class PhoneBook:
    """An endless-seeming directory: the same index is the same number, no two are alike.

    First come numbers that are kept for fiction, last the other lines of the North American
    exchange 555, nearly all of which were never given out.
    """

    def __init__(self) -> None:
        american = [f"+1{code}" for code in area_codes()]
        self.blocks: list[tuple[list[str], int, int]] = []  # Prefixes, first line, lines each.
        if settings.CLINIC_PHONE_REGION == "DE":
            self.blocks.append((list(GERMAN_FICTION), 0, 1000))
        self.blocks += [
            ([f"{prefix}555" for prefix in american], 100, 100),
            ([f"{prefix}555" for prefix in american], 200, 800),
            ([f"{prefix}555" for prefix in american], 2000, 8000),
        ]

    def __len__(self) -> int:
        return sum(len(prefixes) * lines for prefixes, _, lines in self.blocks)

    def __getitem__(self, index: int) -> str:
        """The number in E.164 form. Raises IndexError past the last one."""
        for prefixes, first, lines in self.blocks:
            size = len(prefixes) * lines
            if index < size:
                # A step without a common divisor visits every number once, in no visible order.
                line, place = divmod(index * 7919 % size, len(prefixes))
                width = 3 if lines == 1000 else 4
                return f"{prefixes[place]}{first + line:0{width}d}"
            index -= size
        raise IndexError("All fictitious phone numbers are taken.")


def area_codes() -> list[int]:
    """North American area codes of ordinary lines."""
    return [
        code
        for code in range(200, 990)
        if phonenumbers.number_type(phonenumbers.parse(f"+1{code}5550100"))
        == PhoneNumberType.FIXED_LINE_OR_MOBILE
    ]
