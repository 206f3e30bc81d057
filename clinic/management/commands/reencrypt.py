"""`manage.py reencrypt`: after it, the older keys of `DOCUMENT_KEYS` can be taken away."""

import sys
from typing import Any

import pghistory
from django.core.management.base import CommandError
from django.db import models
from tqdm import tqdm

from accounts.services.sealing import reseal
from accounts.services.verifying import verify_audit
from clinic.database.owner import AsOwner
from clinic.operations.reencryption import Batch, fields, reencrypt, total


class Command(AsOwner):
    help = (
        "Write all encrypted columns and ID photos anew under the first of DOCUMENT_KEYS. Put the "
        "new key in front and restart every process first. It may be broken off, and begun again; "
        "once it ends well, the older keys can be taken away."
    )

    def handle(self, *args, verbosity: int, **options) -> None:
        if faults := verify_audit().findings:
            raise CommandError(
                "The history is not what it was sealed as, and new keys would hide it: see "
                f"`manage.py verify_audit`. {faults[0]}"
            )
        whole = Batch()
        is_shown = verbosity > 0 and sys.stderr.isatty()
        for field in fields():
            name = f"{field.model._meta.label}.{field.name}"
            own = Batch()
            with tqdm(total=total(field), desc=name, file=sys.stderr, disable=not is_shown) as bar:
                for batch in reencrypt(field, seal_anew):
                    bar.update(batch.seen)
                    add(own, batch)
            add(whole, own)
            if verbosity:
                told = f"{name}: {own.written} of {own.seen} written anew"
                self.stdout.write(
                    told + (f", {own.unreadable} unreadable." if own.unreadable else ".")
                )
        if whole.unreadable:
            raise CommandError(
                f"{whole.unreadable} values can't be read with any of DOCUMENT_KEYS, or their "
                "files are gone. All others are under the first key."
            )


def seal_anew(model: type[models.Model], keys: list[Any]) -> None:
    """What the history's copies were sealed as is another by now."""
    if issubclass(model, pghistory.models.Event):
        reseal(model._meta.db_table, keys, "reencrypt")


def add(sum: Batch, batch: Batch) -> None:
    sum.seen += batch.seen
    sum.written += batch.written
    sum.unreadable += batch.unreadable
