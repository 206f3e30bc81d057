"""What is installed is pinned, and the image's packages by their hashes, too."""

import re

import pytest
from django.conf import settings

PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    text = (settings.BASE_DIR / name).read_text()
    return {found.lower().replace("_", "-"): version for found, version in PIN.findall(text)}


LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-s3.lock": ["requirements.txt", "requirements-s3.txt"],
}


@pytest.mark.parametrize(("lock", "files"), LOCKS.items())
def test_the_images_packages_are_those_of_the_requirements_in_the_pinned_versions(lock, files):
    locked = pins(lock)

    for name in files:
        assert pins(name).items() <= locked.items()
    assert locked.items() <= pins("constraints.txt").items()


@pytest.mark.parametrize("lock", LOCKS)
def test_each_package_of_the_image_has_its_hashes(lock):
    text = (settings.BASE_DIR / lock).read_text()

    for name in pins(lock):
        entry = re.search(rf"^{re.escape(name)}==.*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert entry, name
