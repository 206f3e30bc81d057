import sys

from clinic.sms import TextMessage


class Backend:
    """Prints messages, for a developer to read."""

    def send(self, message: TextMessage) -> None:
        sys.stdout.write(f"Text message to {message.to}: {message.text}\n")
        sys.stdout.flush()
