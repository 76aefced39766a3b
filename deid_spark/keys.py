"""Pseudonymisation keys: read from a file or an environment variable, split per purpose, never shown."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from deid_spark.errors import KeyMissing

MIN_KEY_BYTES = 16
KEY_ENV = "DEID_SPARK_KEY"


class Key:
    """A master key of one epoch. Sub-keys are derived per purpose by HKDF-SHA256 (RFC 5869)."""

    __slots__ = ("_cache", "_master", "epoch")

    def __init__(self, master: bytes, epoch: int = 1):
        if len(master) < MIN_KEY_BYTES:
            raise KeyMissing(f"the key has {len(master)} bytes; at least {MIN_KEY_BYTES} are needed")
        self._master = master
        self._cache: dict[str, bytes] = {}
        self.epoch = epoch

    def __repr__(self) -> str:
        return f"Key(epoch={self.epoch}, ****)"

    __str__ = __repr__

    def __reduce__(self):
        # A pickled key would travel through Spark plans and event logs; workers get it by `worker_secret`.
        raise TypeError("a Key is not picklable; send key.worker_secret() through a channel that is not logged")

    def worker_secret(self) -> tuple[bytes, int]:
        """The raw master key and epoch, for handing to a worker process. Never log what this returns."""
        return self._master, self.epoch

    def derive(self, purpose: str) -> bytes:
        """The 32-byte sub-key for a purpose such as `date-shift`."""
        found = self._cache.get(purpose)
        if found is None:
            info = f"deid_spark/v1/epoch={self.epoch}/{purpose}".encode()
            found = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self._master)
            self._cache[purpose] = found
        return found

    def digest(self, purpose: str, *parts: str) -> bytes:
        """32 bytes that depend on purpose and parts; parts are length-prefixed so that no two lists collide."""
        mac = hmac.new(self.derive(purpose), digestmod=hashlib.sha256)
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            mac.update(len(data).to_bytes(8, "big"))
            mac.update(data)
        return mac.digest()


class RandomKey(Key):
    """Draws instead of derives, so that a surrogate is not derived from the person: 45 CFR 164.514(c)(1).

    Every `digest` call gives fresh random bytes. What is drawn must be kept in `secure.identities`: a value that is
    already there is used again, which is what makes a random crosswalk consistent over notes and runs.
    """

    __slots__ = ()

    def __init__(self, epoch: int = 1):
        super().__init__(secrets.token_bytes(32), epoch)

    def digest(self, purpose: str, *parts: str) -> bytes:
        return secrets.token_bytes(32)


def load_key(*, file: str | Path | None = None, env: str = KEY_ENV, epoch: int = 1) -> Key:
    """The key from `file` when given, else from environment variable `env` (hex, or any text of 16 bytes and more).

    Raises KeyMissing with what to do; the message never holds the key.
    """
    if file is not None:
        try:
            raw = Path(file).read_bytes().strip()
        except OSError as error:
            raise KeyMissing(f"key file {file}: {error.strerror}") from None
        return Key(_decode(raw), epoch)
    value = os.environ.get(env, "")
    if not value:
        raise KeyMissing(
            f"no key: set {env}, or name a key file in the config ([key] file = …); "
            "make one with: openssl rand -hex 32 > key.hex && chmod 600 key.hex"
        )
    return Key(_decode(value.encode()), epoch)


def _decode(raw: bytes) -> bytes:
    try:
        return bytes.fromhex(raw.decode("ascii"))
    except ValueError:
        return raw
