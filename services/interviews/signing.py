"""Signs frozen reports (Ed25519, RFC 8032) and says whether one is as it was signed."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.core.report.rubric import Report, Seal
from services.core.report.seal import differing, digests, signed_bytes

UNSIGNED = "This report has no signature."
FORGED = "The signature does not fit: the seal itself was changed, or made by somebody without the key."
UNCHANGED = "Unchanged, made by this server."


class Signer:
    """The key of one server, or of all replicas that share a secret: derived from it, and written nowhere."""

    def __init__(self, secret: str) -> None:
        seed = HKDF(SHA256(), length=32, salt=None, info=b"report seal").derive(secret.encode())
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw().hex()

    def sealed(self, report: Report) -> Report:
        covered = digests(report)
        signature = self._key.sign(signed_bytes(self.public_key, covered)).hex()
        return report.model_copy(
            update={"seal": Seal(public_key=self.public_key, signature=signature, digests=covered)}
        )

    def verdict(self, report: Report) -> str:
        """One sentence: unchanged and by whom, or what differs from what was signed."""
        seal = report.seal
        if seal is None:
            return UNSIGNED
        if not _fits(seal):
            return FORGED
        if changed := differing(report, seal):
            return f"Changed since it was signed: {'; '.join(changed)}."
        if seal.public_key == self.public_key:
            return UNCHANGED
        return f"Unchanged since it was signed, by another server (key {seal.public_key[:16]}…)."


def _fits(seal: Seal) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(seal.public_key))
        key.verify(bytes.fromhex(seal.signature), signed_bytes(seal.public_key, seal.digests))
    except (InvalidSignature, ValueError):
        return False
    return True
