"""Seals: proof that a value was written by this deployment."""

from __future__ import annotations

import hmac

from clearway.stores.keys import Keys, keyed_digest


class HmacSeal:
    """Implements `Seal` with a key of its own, derived from the deployment's secret."""

    def __init__(self, keys: Keys) -> None:
        """Derive the key once."""
        self._key = keys.derive("seal")

    def sign(self, payload: str) -> str:
        """Return a keyed digest."""
        return keyed_digest(self._key, payload)

    def verify(self, payload: str, seal: str) -> bool:
        """Return whether `seal` is the digest of `payload`, in constant time."""
        return hmac.compare_digest(self.sign(payload).encode(), seal.encode())
