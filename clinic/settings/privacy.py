"""How long what is known of people is kept."""

import re

from django.core.exceptions import ImproperlyConfigured

from clinic.settings.basis import env

# Days, by kind: after them the nightly job deletes it (`manage.py purge`). 0: it is kept for ever.
RETENTION_DAYS = {
    "unconfirmed_applications": 7,  # Of doctors; their link works as long.
    "notifications": 365,  # Mails and texts that were sent, or never will be.
    "console_entries": 1096,  # The console's own list of what was done on a page.
    "failed_sign_ins": 90,
    "ended_sign_ins": 90,  # So long people see from where somebody was signed in as them.
    "dead_links": 30,  # Links, codes and new addresses that ran out.
    "invitations": 365,  # To open an account; those that ended.
    "finished_jobs": 30,
    "failed_jobs": 90,
    "kept_answers": 1,  # To requests with an Idempotency-Key, which are answered for a day.
    "file_transfers": 1096,  # What became of an import or export; a sent file goes after an hour.
    "refused_photos": 90,  # Of identity documents, since they were refused.
    "sealed": 1,  # What an erasure has kept for the law, since the day that its protocol names.
    "access_log": 2192,  # Who has seen whose data; in sealed ranges.
    "events": 3653,  # Who has changed what; in sealed ranges.
    "idle_patients": 3653,  # Since their last visit. They are listed, never deleted.
}
# Nobody is told twice of what was told lately, and no job at work is forgotten.
LEAST_DAYS = {"notifications": 30, "finished_jobs": 1, "failed_jobs": 1, "kept_answers": 1}
LEAST_DAYS |= {"access_log": 366, "events": 366}  # The database lets none of the last year go.

for item in env.list("RETENTION_DAYS", default=[]):
    name, _, days = item.strip().partition("=")
    if name not in RETENTION_DAYS or not re.fullmatch(r"[0-9]{1,5}", days):
        raise ImproperlyConfigured(
            f"RETENTION_DAYS: {item!r} is not one of {', '.join(RETENTION_DAYS)} with =days."
        )
    RETENTION_DAYS[name] = int(days)
    if 0 < RETENTION_DAYS[name] < LEAST_DAYS.get(name, 0):
        raise ImproperlyConfigured(
            f"RETENTION_DAYS: {name} must be {LEAST_DAYS[name]} or more, or 0 for ever."
        )

# Of the privacy notice that people agree to; kept with each consent. Change it with the notice.
PRIVACY_NOTICE_VERSION = env.str("PRIVACY_NOTICE_VERSION", "1")[:20]

# How many years after the last visit a treatment stays documented when a patient is erased, sealed
# (in Germany ten: § 630f (3) BGB); 0: not at all.
TREATMENT_KEPT_YEARS = env.int("TREATMENT_KEPT_YEARS", 10)
