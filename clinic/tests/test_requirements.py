"""What is installed is pinned, and the image's packages by their hashes, too."""

import re

from django.conf import settings

PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    text = (settings.BASE_DIR / name).read_text()
    return {found.lower().replace("_", "-"): version for found, version in PIN.findall(text)}


def test_the_images_packages_are_those_of_the_requirements_in_the_pinned_versions():
    locked, constraints = pins("requirements.lock"), pins("constraints.txt")

    assert pins("requirements.txt").items() <= locked.items()
    assert locked.items() <= constraints.items()


def test_each_package_of_the_image_has_its_hashes():
    text = (settings.BASE_DIR / "requirements.lock").read_text()

    for name in pins("requirements.lock"):
        entry = re.search(rf"^{re.escape(name)}==.*\\\n    --hash=sha256:", text, re.MULTILINE)
        assert entry, name
