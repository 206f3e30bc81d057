"""Known faults of the packages that the clinic runs on, and what it is made of (CycloneDX).

Ends with 1 where a fault is known of a package. Packages that the service of advisories doesn't
answer for, as where it can't be reached, are counted and said, never taken for faultless; a run
without it is no failure, for it says nothing of the clinic.
"""

import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([\w.-]+)==(\S+)((?:.*\\\n)*.*)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
LOCK, SBOM = ROOT / "requirements.lock", ROOT / "var" / "sbom.json"


def write_sbom() -> int:
    """Write what `requirements.lock` names; returns how many packages that are."""
    bom = Bom(components=[component(*found) for found in PINNED.findall(LOCK.read_text())])
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(JsonV1Dot6(bom).output_as_string(indent=2))
    return len(bom.components)


def component(name: str, version: str, hashes: str) -> Component:
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("pypi", name=name, version=version),
        bom_ref=f"{name}@{version}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in HASH.findall(hashes)],
        licenses=[DisjunctiveLicense(name=licence)] if (licence := licence_of(name)) else (),
    )


def licence_of(name: str) -> str:
    """As the package itself says, where it is installed."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    return str(told.get("License-Expression") or told.get("License") or "").split("\n")[0][:100]


def audited() -> list[dict]:
    """One entry a package, as pip-audit has it: `vulns`, or a `skip_reason`."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--require-hashes"]
    options = ["--disable-pip", "--progress-spinner", "off", "-f", "json"]
    found = subprocess.run([*command, *options], capture_output=True, text=True, check=False)  # noqa: S603
    if not found.stdout.strip():
        sys.stdout.write(f"The audit can't be made here:\n{found.stderr}")
        return []
    return json.loads(found.stdout)["dependencies"]


def main() -> int:
    sys.stdout.write(f"{write_sbom()} packages are listed in {SBOM.relative_to(ROOT)}.\n")
    packages = audited()
    faulty = [one for one in packages if one.get("vulns")]
    unknown = [one for one in packages if "skip_reason" in one]
    for one in faulty:
        names = ", ".join(fault["id"] for fault in one["vulns"])
        sys.stdout.write(f"{one['name']} {one['version']}: {names}\n")
    answered = len(packages) - len(unknown)
    sys.stdout.write(f"Faults are known of {len(faulty)} of {answered} packages")
    sys.stdout.write(f"; of {len(unknown)} nothing could be learnt here.\n" if unknown else ".\n")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
