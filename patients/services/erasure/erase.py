"""The erasure itself, in one transaction, and the preview of it.

Locks are taken in the usual order: `lock_acting()`, the patient's records by id, what belongs to
them, the accounts.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Model
from django.db.models.deletion import ProtectedError
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import User
from accounts.services import step_up
from clinic import languages
from clinic.errors import WRONG_STATE
from clinic.opened import mark_of
from clinic.security_log import Kind, note_security
from patients.models import Erasure, IdentityDocument, Patient, clinic_country
from patients.services.documents import check_not_merged, discard_document
from patients.services.erasure import history, traces
from patients.services.erasure.belongings import (
    Belongings,
    clashes,
    collect,
    personal_fields,
    rows_of,
)
from patients.services.relating import lock_acting

UNDER_PSEUDONYM = "The law and the clinic's books have visits kept; without name and reason."
OF_TREATMENT = "The treatment is documented (TREATMENT_KEPT_YEARS, in Germany § 630f BGB)."
OF_AUDIT = "Who did what stays provable (RETENTION_DAYS); without what it said of the person."
IN_BACKUPS = "Backups keep what was in them until they are replaced."
SEALED = ("record_number", "first_name", "last_name", "date_of_birth", "medical_history")


@dataclass
class Plan:
    """What an erasure would do, or has done."""

    clashes: list[str]
    gone: dict[str, int]
    kept: list[list[Any]]  # [what, how many, why]
    kept_until: date | None  # Until when the treatment's documentation is kept, sealed.
    belongings: Belongings = field(repr=False)

    @property
    def version(self) -> str:
        """Changes whenever the plan does: what a page that shows it sends back."""
        return mark_of([self.gone, self.kept, self.kept_until])


def plan(patient: Patient) -> Plan:
    """What erasing this patient would do. Nothing is changed."""
    return planned(collect(records_of(patient)))


def records_of(patient: Patient, is_locked: bool = False) -> list[Patient]:
    """The record, and those that were merged into it."""
    rows = Patient.objects.filter(pk__in=patient.own_ids()).order_by("pk")
    if is_locked:
        list(rows.select_for_update(of=("self",)).values_list("pk"))
    return list(rows.select_related("user"))


def planned(found: Belongings) -> Plan:
    until = treatment_kept_until(found)
    gone: dict[str, int] = {}
    for model, keys in found.deleted.items():
        gone[words_of(model)] = len(keys)
    contacts = traces.contacts_of(found)
    gone["Mails and texts"] = traces.mails_about(found, contacts).count()
    copied = [len(events) for _, names, events in history.copies(found) if names]
    gone["Copies in the history, emptied"] = sum(copied)
    gone["Accounts, closed and emptied"] = len(found.accounts)
    kept: list[list[Any]] = []
    for model, keys in found.kept.items():
        is_documentation = until and bool(personal_fields(model, is_kept=True))
        why = OF_TREATMENT if is_documentation else UNDER_PSEUDONYM
        kept.append([words_of(model), len(keys), why])
    kept.append(["Events and reads, without what they said", sum(copied), OF_AUDIT])
    kept.append(["Backups", None, IN_BACKUPS])
    return Plan(clashes(found.patients), {k: n for k, n in gone.items() if n}, kept, until, found)


def words_of(model: type[Model]) -> str:
    return capfirst(str(model._meta.verbose_name_plural))


def treatment_kept_until(found: Belongings) -> date | None:
    """Until when the law has the treatment documented: so many years after the last visit that
    took place. None where there was none, or where that is over."""
    ends = [
        end
        for model in found.kept
        if (asked := getattr(model._default_manager, "last_treatment_of", None))
        if (end := asked(found.patients))
    ]
    if not ends or not settings.TREATMENT_KEPT_YEARS:
        return None
    last = max(ends)
    until = date(last.year + settings.TREATMENT_KEPT_YEARS, last.month, min(last.day, 28))
    return until if until >= timezone.localdate() else None


@transaction.atomic
def erase(patient: Patient, by: User, reason: str, version: str = "") -> Erasure:
    """Delete what is known of the patient, empty what must be kept, and write the protocol.

    `version` is that of the plan that was shown. Raises StepUpNeeded, and ValidationError:
    `wrong_state` where visits are ahead, the record was merged into another or erased, or the plan
    is another by now; keyed to `reason` where there is none.
    """
    step_up.check(by)
    lock_acting()
    records = records_of(patient, is_locked=True)
    check_not_merged(next(one for one in records if one.pk == patient.pk))
    found = collect(records)
    done = planned(found)
    refuse_clashes(done, version)
    standing = next(one for one in found.patients if one.pk == patient.pk)
    record = Erasure(
        number=standing.number,
        patient_id=standing.pk,
        erased_by=by,
        reason=reason.strip(),
        kept=done.kept,
        sealed=sealed_of(found) if done.kept_until else "",
        kept_until=done.kept_until,
    )
    record.full_clean()
    words = traces.name_words(found)
    counts = traces.erase_traces(found)
    delete_belongings(found)
    if not done.kept_until:
        empty_kept(found)
    empty_records(found)
    traces.forget_words(words)
    close_accounts(found)
    history.erase_addresses(found, str(record))
    history.erase_copies(found, str(record), with_kept=not done.kept_until)
    record.gone = done.gone | {what: count for what, count in counts.items() if count}
    record.save(force_insert=True)
    note_security(Kind.ACCOUNT_ERASED, by=by, record=str(record.pk))
    return record


def refuse_clashes(done: Plan, version: str) -> None:
    if done.clashes:
        raise ValidationError([ValidationError(one, code=WRONG_STATE) for one in done.clashes])
    if version and version != done.version:
        raise ValidationError(
            "What belongs to this patient has changed since you looked: here it is as it is now.",
            code=WRONG_STATE,
        )


def sealed_of(found: Belongings) -> str:
    told = [{name: getattr(one, name) for name in SEALED} for one in found.patients]
    return json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)


def delete_belongings(found: Belongings) -> None:
    """Photos with their files, then all else that would go along with the record."""
    for patient in found.patients:
        discard_document(patient)
    for model, rows in rows_of(found.deleted):
        if model is not IdentityDocument:
            rows.delete()


def empty_kept(found: Belongings) -> None:
    """Leave of visits and their like only that, when and with whom they were."""
    for model, rows in rows_of(found.kept):
        names = personal_fields(model, is_kept=True)
        if model_is_final(model):
            keys = list(rows.values_list("pk", flat=True))
            history.empty_rows(model, keys, [] if names == ["*"] else names)
        elif names:
            rows.update(**dict.fromkeys(names, ""))


def model_is_final(model: Any) -> bool:
    """Does the database let nobody change its rows?"""
    told = getattr(model, "personal_fields", ())
    own = getattr(model._meta, "triggers", [])
    return bool(told) and any(trigger.name == "append_only" for trigger in own)


def empty_records(found: Belongings) -> None:
    """The rows themselves: deleted where nothing that is kept refers to them."""
    rows = Patient._base_manager.filter(pk__in=found.ids)
    for patient in found.patients:
        own = Patient._base_manager.filter(pk=patient.pk)
        own.update(**nothing_known() | {"last_name": f"Erased {patient.record_number}"})
    if not found.kept:
        rows.update(merged_into=None)
        rows.delete()


def nothing_known() -> dict[str, Any]:
    values: dict[str, Any] = dict.fromkeys(personal_fields(Patient, is_kept=False), "")
    for one in Patient._meta.concrete_fields:
        if one.generated:
            values.pop(one.name, None)
        elif one.null and one.name != "merged_into":
            values[one.name] = None
    return values | {
        "country": clinic_country(),
        "language": languages.own(),
        "is_active": False,
        "is_deceased": False,
        "mark_shut_account": False,
        "erased_at": timezone.now(),
    }


def close_accounts(found: Belongings) -> None:
    """Empty the accounts, so that the address is free; they go where nothing refers to them."""
    for account in found.accounts:
        nothing: dict[str, Any] = dict.fromkeys(("first_name", "last_name", "phone"), "")
        nothing |= {"is_active": False, "must_change_password": False}
        for name, value in nothing.items():
            setattr(account, name, value)
        account.email = f"{account.pk.hex}@erased.invalid"
        account.set_unusable_password()
        account.save(update_fields=[*nothing, "email", "password"])
        try:
            with transaction.atomic():
                User.objects.filter(pk=account.pk).delete()
        except ProtectedError:
            continue


@transaction.atomic
def forget_sealed(record: Erasure) -> None:
    """The time is over for which the law had the treatment documented: that goes, too."""
    now = Erasure.objects.select_for_update().get(pk=record.pk)
    found = collect(list(Patient.objects.filter(pk=now.patient_id)))
    empty_kept(found)
    history.erase_copies(found, str(now), with_kept=True)
    now.sealed = ""
    now.save(update_fields=["sealed"])


def open_sealed(record: Erasure) -> list[dict[str, Any]]:
    """Who it was, for whoever the law lets ask. Callers note who has asked, and why."""
    return json.loads(record.sealed) if record.sealed else []
