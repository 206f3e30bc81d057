"""What a patient is called: by the papers, by choice, and before."""

from django.db import models

LONGEST_LAST_NAME = 50


class Named(models.Model):
    """The names of a patient. Where identity matters, `name` stands, as in the papers."""

    first_name: str
    last_name: str
    preferred_name: str
    former_names: str

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @name.setter
    def name(self, full_name: str) -> None:
        """The last word is taken for the last name; what stands before it for the first names."""
        first, _, last = " ".join(full_name.split()).rpartition(" ")
        self.first_name, self.last_name = first, last

    @property
    def called(self) -> str:
        """How the patient is greeted and called in: by the preferred name, where there is one. A
        single word stands for the first names, several are the whole name."""
        preferred = self.preferred_name.strip()
        if not preferred or " " in preferred:
            return preferred or self.name
        return f"{preferred} {self.last_name}"

    @property
    def called_by_first_name(self) -> str:
        return self.preferred_name or self.first_name or self.last_name

    @property
    def name_and_called(self) -> str:
        """The name of the papers, and how the patient is called where that is another."""
        return self.name if self.called == self.name else f"{self.name} ({self.called})"

    @property
    def former_list(self) -> list[str]:
        return list_of_names(self.former_names)

    @property
    def also_known(self) -> str:
        """By what else the patient is found, as the console says it beside the name."""
        told = [f"called {self.called}"] if self.called != self.name else []
        told += [f"formerly {' and '.join(self.former_list)}"] if self.former_names else []
        return ", ".join(told)

    def settle_names(self) -> None:
        """Former names stand once each, and the name of now isn't one of them."""
        now = self.last_name.strip().casefold()
        kept = {one.casefold(): one for one in reversed(self.former_list)}
        kept.pop(now, None)
        self.former_names = ", ".join(reversed(kept.values()))

    def former_names_fault(self) -> str:
        if any(len(one) > LONGEST_LAST_NAME for one in self.former_list):
            return (
                f"A former name has at most {LONGEST_LAST_NAME} characters; commas separate them."
            )
        return ""


def list_of_names(text: str) -> list[str]:
    """Last names out of a text that separates them by commas."""
    return [name for part in text.split(",") if (name := " ".join(part.split()))]


def with_former(former_names: str, name: str) -> str:
    """Former names, and one more: the name until now."""
    return ", ".join([*list_of_names(former_names), *list_of_names(name)])
