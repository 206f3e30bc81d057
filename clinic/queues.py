"""Queues of jobs: what one of them waits for holds up none of the others."""

from typing import Final

MESSAGES: Final = "messages"  # Mails and text messages: a server elsewhere may keep them waiting.
FILES: Final = "files"  # Files of records, which may take minutes.
DEFAULT: Final = "default"  # Everything else, as procrastinate calls it.
