"""Photos to send in tests."""

from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def jpeg(width: int = 64, height: int = 48) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), "steelblue").save(file, "JPEG")
    return file.getvalue()


def upload(content: bytes | None = None, name: str = "id.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or jpeg(), "image/jpeg")
