"""Documents in a bucket of S3, or of what speaks its protocol: `DOCUMENTS_STORAGE=s3://...`.

The packages that it takes are those of requirements-s3.txt; nothing else imports this module.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from clinic.storage import EncryptedMixin

# Somebody waits for the page: a bucket that doesn't answer is given up within half a minute.
PATIENCE = {
    "connect_timeout": 3,
    "read_timeout": 10,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
}


@contextmanager
def told_as_os_errors(name: str) -> Iterator[None]:
    """A bucket fails as a disk does, for all who know what to do about that."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404 and error.response["Error"]["Code"] != "NoSuchBucket":
            raise FileNotFoundError(errno.ENOENT, "No such file in the bucket", name) from error
        code = errno.ENOSPC if status == 507 else errno.EIO
        raise OSError(code, f"The bucket refused ({status})", name) from error
    except BotoCoreError as error:
        raise OSError(errno.EIO, f"The bucket can't be reached ({error})", name) from error


class WholeS3Storage(S3Storage):
    """Files that are read by one request and written by one: there whole, or not at all."""

    def __init__(self, addressing_style: str = "auto", **options: Any):
        config = Config(s3={"addressing_style": addressing_style}, **PATIENCE)
        transfer = TransferConfig(use_threads=False)  # Of a megabyte.
        super().__init__(client_config=config, transfer_config=transfer, **options)

    def _open(self, name: str, mode: str = "rb") -> File:
        with told_as_os_errors(name):
            answer = self.bucket.Object(self._normalize_name(clean_name(name))).get()
            return File(BytesIO(answer["Body"].read()), name=name)

    def _save(self, name: str, content: File) -> str:
        with told_as_os_errors(name):
            return super()._save(name, content)

    def delete(self, name: str) -> None:
        with told_as_os_errors(name):
            super().delete(name)

    def exists(self, name: str) -> bool:
        with told_as_os_errors(name):
            return super().exists(name)

    def get_modified_time(self, name: str) -> datetime:
        with told_as_os_errors(name):
            return super().get_modified_time(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with told_as_os_errors(path):
            return super().listdir(path)


class EncryptedS3Storage(EncryptedMixin, WholeS3Storage):
    """Encrypted before they leave the clinic, under the same keys and names as on a disk."""
