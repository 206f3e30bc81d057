import os

from django.conf import settings
from django.utils import timezone
from uuid_utils.compat import uuid7

from clinic.sms import TextMessage


class Backend:
    """Writes each message into a file of its own in `VAR_DIR/sms`, its writer's alone to read."""

    def send(self, message: TextMessage) -> None:
        settings.SMS_FILE_PATH.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{timezone.now():%Y%m%d-%H%M%S}-{uuid7().hex[-8:]}.txt"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        handle = os.open(settings.SMS_FILE_PATH / name, flags, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(f"To: {message.to}\n\n{message.text}\n")
