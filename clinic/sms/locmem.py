from clinic.sms import TextMessage

outbox: list[TextMessage] = []


class Backend:
    """Keeps messages in this process's memory, for tests."""

    def send(self, message: TextMessage) -> None:
        outbox.append(message)
