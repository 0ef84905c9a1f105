"""A device that holds passkeys, in software: it makes them and signs with them as WebAuthn says, and can be made to misbehave."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    """Base64 as browsers send it."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def content(text_: str) -> bytes:
    """And back."""
    return urlsafe_b64decode(text_ + "=" * (-len(text_) % 4))


@dataclass
class PasskeyDevice:
    """One device with one passkey. `origin`: the page that it believes to be on; `counts`: whether it counts its signatures."""

    origin: str = "http://localhost:8023"
    host: str = "localhost"
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    signed: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    owner: bytes = b""

    def make(self, options: dict[str, Any]) -> str:
        """The answer to what the portal asks to make a passkey from."""
        self.owner = content(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(ATTESTED) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._said("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": text(said), "attestationObject": text(made)})

    def sign(self, options: dict[str, Any], **changed: Any) -> str:
        """The answer to what the portal asks to be signed; `changed` replaces parts of it afterwards."""
        self.signed += self.counts
        data, said = self._data(0), self._said("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature, "userHandle": self.owner}
        return self._answer({name: text(part) for name, part in {**parts, **changed}.items()})

    def _answer(self, response: dict[str, str]) -> str:
        named = text(self.id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})

    def _data(self, more: int) -> bytes:
        flags = bytes([self.flags | more])
        return hashlib.sha256(self.host.encode()).digest() + flags + self.signed.to_bytes(4, "big")

    def _said(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()
