"""Small photos of identity documents, and the forms that bring them."""

import io
import random
import uuid

from PIL import Image

SIZE = (640, 420)


def photo(chance: random.Random) -> bytes:
    """A JPEG that no other client sends."""
    image = Image.new("RGB", SIZE, tuple(chance.randrange(256) for _ in range(3)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=60)
    return file.getvalue()


def multipart(fields: dict[str, str], name: str, content: bytes) -> tuple[bytes, str]:
    """The body of a form with one file, and its type."""
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="id.jpg"\r\n'
    parts.append(f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(
        [*parts, f"--{boundary}--\r\n".encode()]
    ), f"multipart/form-data; boundary={boundary}"
