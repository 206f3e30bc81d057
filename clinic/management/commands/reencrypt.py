"""`manage.py reencrypt`: after it, the older keys of `DOCUMENT_KEYS` can be taken away."""

import sys

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from clinic.operations.reencryption import Batch, fields, reencrypt, total


class Command(BaseCommand):
    help = (
        "Write all encrypted columns and ID photos anew under the first of DOCUMENT_KEYS. Put the "
        "new key in front and restart every process first. It may be broken off, and begun again; "
        "once it ends well, the older keys can be taken away."
    )

    def handle(self, *args, verbosity: int, **options) -> None:
        whole = Batch()
        is_shown = verbosity > 0 and sys.stderr.isatty()
        for field in fields():
            name = f"{field.model._meta.label}.{field.name}"
            own = Batch()
            with tqdm(total=total(field), desc=name, file=sys.stderr, disable=not is_shown) as bar:
                for batch in reencrypt(field):
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


def add(sum: Batch, batch: Batch) -> None:
    sum.seen += batch.seen
    sum.written += batch.written
    sum.unreadable += batch.unreadable
