"""A device that keeps passkeys, for tests: what a browser hands on of it, as JSON."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One key pair, at the origin where it was made unless another is told."""

    origin: str = "http://localhost"
    domain: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    owner: bytes = b""

    def make(self, options: dict) -> str:
        """The answer to `navigator.credentials.create()`."""
        self.owner = raw(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        made = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self.data(ATTESTED) + made
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self.client("webauthn.create", options)
        return self.answer(clientDataJSON=client, attestationObject=attestation)

    def sign(self, options: dict, **more: bytes) -> str:
        """The answer to `navigator.credentials.get()`."""
        self.count += 1
        data, client = self.data(), self.client("webauthn.get", options)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {
            "clientDataJSON": client,
            "authenticatorData": data,
            "signature": signed,
            "userHandle": self.owner,
        }
        return self.answer(**(parts | more))

    def data(self, more: int = 0) -> bytes:
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def client(self, kind: str, options: dict) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def answer(self, **parts: bytes) -> str:
        response = {name: text(part) for name, part in parts.items()}
        id = text(self.id)
        return json.dumps({"id": id, "rawId": id, "type": "public-key", "response": response})
