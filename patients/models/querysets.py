"""Which patients: those that stand, those whom somebody may see, those whom words mean."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import models
from django.db.models import Q, Value

from accounts.roles import Role
from patients.models.standing import lead_up, standing_key
from patients.search.finding import search
from patients.search.text import word_readings

if TYPE_CHECKING:
    from patients.models.patients import Patient


class PatientQuerySet(models.QuerySet["Patient"]):
    is_narrowed = False  # Is it only what concerns one user?
    has_more = False  # Would more fit what was searched for?

    def _clone(self):
        clone = super()._clone()  # type: ignore[misc]
        clone.is_narrowed, clone.has_more = self.is_narrowed, self.has_more
        return clone

    def unverified_since(self, instant) -> "PatientQuerySet":
        """Those who opened an account before then, and whose e-mail isn't verified since."""
        waiting = self.filter(user__isnull=False, email_verified_at=None, merged_into=None)
        return waiting.filter(created_at__lt=instant)

    def narrowed(self, **conditions) -> "PatientQuerySet":
        few = self.filter(**conditions)
        few.is_narrowed = True
        return few

    def standing(self) -> "PatientQuerySet":
        """Without those that were merged into others, whose numbers and addresses are free."""
        return self.filter(merged_into__isnull=True)

    def standing_for(self, pk: UUID | str) -> "PatientQuerySet":
        """Of these, the one to whom the id of a record leads that was merged."""
        return self.filter(pk=standing_key(pk))

    def key_under(self, pk: UUID) -> UUID:
        """The key to which this one leads among these; the same where it leads nowhere."""
        return self.standing_for(pk).values_list("pk", flat=True).first() or pk

    def numbered(self, numbers: Iterable[int]) -> dict[int, "Patient"]:
        """Those of these by each record number, also by those of records merged into them."""
        wanted = set(numbers)
        found: dict[int, Patient] = {one.number: one for one in self.filter(number__in=wanted)}
        if left := wanted - found.keys():
            merged = self.model.objects.filter(merged_into__isnull=False)
            leads = dict(merged.filter(number__in=left).values_list("number", "merged_into"))
            keys = lead_up(leads, merged)
            standing = self.in_bulk(set(keys.values()))
            found |= {one: standing[key] for one, key in keys.items() if key in standing}
        return found

    def visible_to(self, user) -> "PatientQuerySet":
        """The one gate through which the site, the API and the admin read patients."""
        if user.has_perm("patients.view_all_patient"):
            return self.standing()
        role = getattr(user, "role", None)
        if role == Role.DOCTOR:
            return self.standing().narrowed(care_assignments__doctor__user=user)
        if role == Role.PATIENT:
            return self.standing().narrowed(user=user)
        return self.none()

    def suggested(self, text: str) -> "PatientQuerySet":
        """Those of these whom a search for the text offers by itself: the inactive ones only where
        it is their record number."""
        numbers = [number for reading in word_readings(text) for number in reading.numbers]
        return self.filter(Q(is_active=True) | Q(number__in=numbers))

    def found_at_desk(self, text: str) -> "PatientQuerySet":
        """Those whom the text means, without the inactive ones; these where there are no others."""
        found = self.suggested(text).search(text)
        return found if found.exists() else self.search(text)

    def search(self, text: str) -> "PatientQuerySet":
        """The patients whom the text means, by parts of names, phone, e-mail, date or year of
        birth, or record number; see `patients/search/`. Typos, accents and order are forgiven.

        `likeness` says of each how well it fits, from 0 to 1. The best come first only if they
        are ordered by it. What narrows the patients comes before the search.
        """
        if not text.strip():
            return self.annotate(likeness=Value(1.0))
        return search(self, text)
