"""Which patients: those that stand, those whom somebody may see, those whom words mean."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet, Value
from django.utils import timezone

from accounts.roles import Role
from clinic.days import born_by
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
            return self.standing().narrowed(pk__in=self.in_care_of(user))
        if role == Role.PATIENT:
            return self.standing().narrowed(pk__in=self.within_reach(user))
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

    def own(self, user) -> "PatientQuerySet":
        """The record of the patient who is signed in; none of staff."""
        return self.standing().narrowed(user=user)

    def in_care_of(self, user) -> QuerySet:
        """The keys of the patients whom this doctor looks after, and of those whose record an
        emergency has opened to the doctor for now."""
        care: Any = apps.get_model("patients.CareAssignment")
        emergencies: Any = apps.get_model("patients.EmergencyAccess")
        own = care._default_manager.filter(doctor__user=user).order_by().values("patient")
        opened = emergencies.objects.opened_to(user).order_by().values("patient")
        return own.union(opened, all=True)

    def within_reach(self, user) -> QuerySet:
        """The keys of the patient who is signed in, and of those acted for.

        A union, for what looks these keys up by an index: with an "or", every row would be read.
        """
        related: Any = apps.get_model("patients.RelatedPerson")
        acting = related.objects.acting().filter(related_patient__user=user)
        own = self.model._default_manager.filter(user=user, merged_into=None)
        return own.order_by().values("pk").union(acting.order_by().values("patient"), all=True)

    def came_of_age(self, first: date) -> "PatientQuerySet":
        """Those without an account who came of age on this day or since, and whom somebody might
        have acted for until then."""
        ages = (born_by(day, settings.AGE_OF_MAJORITY) for day in (first, timezone.localdate()))
        related: Any = apps.get_model("patients.RelatedPerson")
        alone = self.standing().filter(user=None, is_deceased=False)
        return alone.filter(
            date_of_birth__range=tuple(ages),
            pk__in=related.objects.filter(may_act=True).values("patient"),
        )

    def search(self, text: str) -> "PatientQuerySet":
        """The patients whom the text means, by parts of names, phone, e-mail, date or year of
        birth, or record number; see `patients/search/`. Typos, accents and order are forgiven.

        `likeness` says of each how well it fits, from 0 to 1. The best come first only if they
        are ordered by it. What narrows the patients comes before the search.
        """
        if not text.strip():
            return self.annotate(likeness=Value(1.0))
        return search(self, text)
