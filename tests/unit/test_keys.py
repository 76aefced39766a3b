"""Keys: where they come from, that they split by purpose, and that they never show."""

import pickle

import pytest

from deid_spark.errors import KeyMissing
from deid_spark.keys import Key, RandomKey, load_key

SECRET = b"0123456789abcdef-planted"


def test_a_key_never_shows():
    key = Key(SECRET)
    assert "planted" not in repr(key) + str(key) + f"{key}"
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_purposes_parts_and_epochs_split():
    key = Key(SECRET)
    digests = {
        key.digest("a", "x", "y"),
        key.digest("b", "x", "y"),
        key.digest("a", "xy", ""),
        key.digest("a", "x", "y", ""),
        Key(SECRET, epoch=2).digest("a", "x", "y"),
    }
    assert len(digests) == 5
    assert key.digest("a", "x", "y") == Key(SECRET).digest("a", "x", "y")


def test_hkdf_is_rfc_5869():
    # The sub-key of one purpose, worked out with HMAC alone, so that a change of library shows.
    import hashlib
    import hmac

    prk = hmac.new(b"\0" * 32, SECRET, hashlib.sha256).digest()
    okm = hmac.new(prk, b"deid_spark/v1/epoch=1/date-shift\x01", hashlib.sha256).digest()
    assert Key(SECRET).derive("date-shift") == okm


def test_a_random_key_draws_anew():
    key = RandomKey()
    assert key.digest("a", "x") != key.digest("a", "x")


def test_where_a_key_comes_from(tmp_path, monkeypatch):
    path = tmp_path / "key.hex"
    path.write_text(SECRET.hex() + "\n")
    monkeypatch.setenv("DEID_SPARK_KEY", SECRET.decode())
    assert load_key(file=path).derive("p") == load_key().derive("p") == Key(SECRET).derive("p")


def test_a_missing_or_short_key_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("DEID_SPARK_KEY", raising=False)
    with pytest.raises(KeyMissing, match="openssl rand"):
        load_key()
    with pytest.raises(KeyMissing, match="at least 16"):
        Key(b"short")
    with pytest.raises(KeyMissing, match="nowhere"):
        load_key(file=tmp_path / "nowhere")
