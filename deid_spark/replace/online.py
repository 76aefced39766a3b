"""E-mail and web addresses, user names, IP addresses: canonical form, fake, and the fake in a text's shape."""

from __future__ import annotations

import ipaddress
import re

from deid_spark.replace.digits import Draw, like_word

# Spelled-out signs, as patients are told to write them: `frank(dot)case(at)oldpost(dot)net`.
_SIGNS = {"@": "at", ".": "dot", "_": "underscore", "-": "dash|hyphen"}
_SIGN_PATTERNS = {
    sign: re.compile(rf"\s*[(\[{{<]\s*(?:{word})\s*[)\]}}>]\s*|\s+(?:{word})\s+|\s*{re.escape(sign)}\s*", re.IGNORECASE)
    for sign, word in _SIGNS.items()
}
_URL_HEAD = re.compile(r"(?:[a-z][a-z0-9+.-]*:\s*/\s*/\s*)?(?:www\d?\.)?", re.IGNORECASE)
_TLDS = ("com", "org", "net")
_V4_NETS = ("192.0.2", "198.51.100", "203.0.113")
_IP = re.compile(r"[0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*|\d+\.\d+\.\d+\.\d+", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.IGNORECASE)


def email_canonical(text: str) -> str:
    for sign, pattern in _SIGN_PATTERNS.items():
        text = pattern.sub(sign, text)
    return re.sub(r"\s+|^mailto:", "", text.casefold())


def email_fake(canonical: str, draw: Draw) -> str:
    """Same punctuation and lengths before the @, at one of the example domains (RFC 2606)."""
    local, _, domain = canonical.partition("@")
    tld = domain.rpartition(".")[2]
    return f"{like_word(local, draw)}@example.{tld if tld in _TLDS else _TLDS[draw.below(3)]}"


def email_render(text: str, surrogate: str) -> str:
    """The signs are spelled as `text` spells them."""
    written = surrogate
    for sign, pattern in _SIGN_PATTERNS.items():
        match = pattern.search(text)
        if match and match[0] != sign and re.search(r"[^\W_]", match[0]):
            written = written.replace(sign, match[0])
    head = "mailto:" if text.lower().startswith("mailto:") else ""
    return head + (written.upper() if text.isupper() else written)


def url_canonical(text: str) -> str:
    """Without scheme, `www.` and last slash."""
    text = re.sub(r"\s+", "", text).casefold()
    return text[_URL_HEAD.match(text).end() :].rstrip("/")  # type: ignore[union-attr]


def url_fake(canonical: str, draw: Draw) -> str:
    """A made-up host under an example domain; the path keeps its shape and nothing of its content."""
    match = re.match(r"[^/?#:]*", canonical)
    host, rest = canonical[: match.end()], canonical[match.end() :]  # type: ignore[union-attr]
    tld = host.rpartition(".")[2]
    label = like_word("a" * (5 + draw.below(5)), draw)
    return f"{label}.example.{tld if tld in _TLDS else 'org'}{like_word(rest, draw)}"


def url_render(text: str, surrogate: str) -> str:
    """With the scheme, `www.` and last slash of `text`."""
    head = _URL_HEAD.match(text)
    written = (head[0] if head else "") + surrogate + ("/" if text.endswith("/") else "")
    return written.upper() if text.isupper() else written


def username_canonical(text: str) -> str:
    return text.strip().casefold()


def username_fake(canonical: str, draw: Draw) -> str:
    return like_word(canonical, draw)


def username_render(text: str, surrogate: str) -> str:
    """Capitals where `text` has them."""
    if len(text) != len(surrogate):
        return surrogate.upper() if text.isupper() else surrogate
    return "".join(new.upper() if old.isupper() else new for old, new in zip(text, surrogate, strict=True))


def ip_canonical(text: str) -> str:
    """The address as the standard library writes it; anything else case-folded."""
    match = _IP.search(text)
    if match:
        try:
            return str(ipaddress.ip_address(match[0]))
        except ValueError:
            pass
    return re.sub(r"\s+", "", text).casefold()


def ip_fake(canonical: str, draw: Draw) -> str:
    """Inside the documentation ranges of RFC 5737 and RFC 3849; a MAC address inside that of RFC 7042."""
    if _MAC.fullmatch(canonical):
        separator = canonical[2]
        return separator.join(["00", "00", "5e", "00", "53", f"{draw.below(256):02x}"])
    if ":" in canonical:
        return f"2001:db8:{draw.below(65535) + 1:x}:{draw.below(65535) + 1:x}::{draw.below(65535) + 1:x}"
    return f"{_V4_NETS[draw.below(3)]}.{1 + draw.below(254)}"


def ip_render(text: str, surrogate: str) -> str:
    """Port or prefix length of `text` stay."""
    match = _MAC.search(text) or _IP.search(text)
    written = text[: match.start()] + surrogate + text[match.end() :] if match else surrogate
    return written.upper() if text.isupper() else written
