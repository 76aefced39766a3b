"""Numbers and codes: one canonical form for all spellings, a fake of the same shape, and the fake in a text's own form.

Fakes keep digits as digits and letters as letters, keep the checksums that the original has (NPI, DEA, VIN, Luhn), and
lie in ranges that nobody has where such ranges exist (sources: `data/identifiers/SOURCE.md`). `fake` is a function of
(label, canonical, digest, attempt) alone; the caller raises `attempt` until the result is free.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deid_spark.detect import checksums
from deid_spark.replace import online, phones
from deid_spark.replace.digits import Draw, code_of, digit_units, fill, like_shape, write_code, zip_right

# A shape of few characters runs out of values; then fakes grow longer rather than repeat.
_TRIES_PER_LENGTH = 500
_DIGITS_ONLY = frozenset({"PHONE", "FAX", "SSN"})
_CARD_LENGTHS = range(13, 20)


def canonical(label: str, text: str) -> str:
    """One string for all spellings of a value, never empty; PHI like the value itself."""
    return _CANONICAL.get(label, code_canonical)(text) or re.sub(r"\s+", " ", text).strip().casefold() or "?"


def fake(label: str, canonical: str, digest: bytes, attempt: int = 0) -> str:
    """A surrogate in canonical form, never `canonical` itself. The next `attempt` gives another one."""
    if not any(map(str.isalnum, canonical)):
        return str(attempt)  # punctuation alone tells nothing
    make = _FAKE.get(label, code_fake)
    if label in _DIGITS_ONLY and not any(map(str.isdigit, canonical)):
        make = code_fake  # a phone or SSN without a digit: its letters are replaced
    for again in range(64):
        draw = Draw(digest, label, attempt + again * 1_000_003)
        surrogate = make(canonical, draw) + draw.digits(attempt // _TRIES_PER_LENGTH)
        if surrogate.casefold() != canonical.casefold():
            return surrogate
    raise ValueError(f"{label}: no surrogate differs from the original")


def render(label: str, text: str, surrogate: str) -> str:
    """`surrogate` written with the separators, case and layout of `text`.

    A shorter mention (last four digits, a phone without its area code) gets the last characters of the surrogate.
    """
    return _RENDER.get(label, write_code)(text, surrogate)


def is_tail(label: str, short: str, long: str) -> bool:
    """Whether `short` names the same number as `long`: last four of an SSN, a phone without area code or extension."""
    if label == "SSN":
        return len(short) == 4 and len(long) == 9 and long.endswith(short)
    if label in ("PHONE", "FAX"):
        main, _, extension = long.partition("x")
        return (
            short != long and len(short) >= 7 and (main.endswith(short) or (bool(extension) and long.endswith(short)))
        )
    return False


def without_extension(label: str, canonical: str) -> str | None:
    """The number of a phone that has an extension as well; None for all else."""
    main, _, extension = canonical.partition("x")
    return main if label in ("PHONE", "FAX") and extension and main.lstrip("+").isdigit() else None


def extend(canonical: str, whole: str, digest: bytes) -> str:
    """`whole`, the surrogate of the number alone, with a made-up extension as long as that of `canonical`."""
    extension = canonical.partition("x")[2]
    return f"{whole.partition('x')[0]}x{fake('PHONE', extension, digest)}"


def code_canonical(text: str) -> str:
    """Letters and digits, upper case; a number without its leading zeros (`00418827` is `418827`)."""
    code = code_of(text)
    return code.lstrip("0") or "0" if code.isdigit() else code


def code_fake(canonical: str, draw: Draw) -> str:
    for fits, make in _CHECKED:
        if fits(canonical):
            return make(canonical, draw)
    shape = like_shape(code_of(canonical), draw)
    if canonical.isdigit() and len(canonical) > 1 and shape[0] == "0":
        shape = draw.one_of("123456789") + shape[1:]  # so that its canonical form is itself
    return shape


def _npi_fake(canonical: str, draw: Draw) -> str:
    body = draw.one_of("12") + draw.digits(8)
    return body + checksums.npi_check_digit(body)


def _dea_fake(canonical: str, draw: Draw) -> str:
    body = draw.digits(6)
    letters = canonical[0] + (draw.one_of("ABCDEFGHJKLMNPRSTW") if canonical[1].isalpha() else "9")
    return letters + body + checksums.dea_check_digit(body)


def _vin_fake(canonical: str, draw: Draw) -> str:
    body = like_shape(canonical[:8] + "0" + canonical[9:], draw)
    return body[:8] + checksums.vin_check_character(body) + body[9:]


def _mbi_fake(canonical: str, draw: Draw) -> str:
    """`S` in second place is in no real Medicare number; the other letters stay among those that CMS uses."""
    body = "".join(draw.one_of("ACDEFGHJKMNPQRTUVWXY") if c.isalpha() else draw.one_of("123456789") for c in canonical)
    return body[0] + "S" + body[2:]


def _card_fake(canonical: str, draw: Draw) -> str:
    body = draw.one_of("123456789") + draw.digits(len(canonical) - 2)
    if len(canonical) in (15, 16) and canonical[0] in "3456":
        body = "9" + body[1:]  # no payment network issues cards that begin with 9 (ISO/IEC 7812-1)
    return body + checksums.luhn_check_digit(body)


def _is_card(code: str) -> bool:
    return code.isdigit() and len(code) in _CARD_LENGTHS and checksums.luhn_valid(code)


def _is_npi(code: str) -> bool:
    return code.isdigit() and checksums.npi_valid(code)


# The first rule that a code satisfies makes its fake, so a valid number becomes a valid number.
_CHECKED: tuple[tuple[Callable[[str], bool], Callable[[str, Draw], str]], ...] = (
    (_is_npi, _npi_fake),
    (checksums.dea_valid, _dea_fake),
    (checksums.vin_valid, _vin_fake),
    (checksums.mbi_valid, _mbi_fake),
    (_is_card, _card_fake),
)


def digits_canonical(text: str) -> str:
    """Digits alone: masks such as `xxx-xx-` are no part of a number."""
    return "".join(unit[2] for unit in digit_units(text))


def ssn_fake(canonical: str, draw: Draw) -> str:
    """Nine digits: area 900-999, group 01-49, never issued; fewer digits: others of that many."""
    if len(canonical) != 9:
        return draw.digits(len(canonical))
    return f"9{draw.digits(2)}{1 + draw.below(49):02d}{1 + draw.below(9999):04d}"


def digits_render(text: str, surrogate: str) -> str:
    units = digit_units(text)
    return fill(text, zip_right(units, surrogate)) if units else write_code(text, surrogate)


_CANONICAL: dict[str, Callable[[str], str]] = {
    "PHONE": phones.canonical_form,
    "FAX": phones.canonical_form,
    "SSN": digits_canonical,
    "EMAIL": online.email_canonical,
    "URL": online.url_canonical,
    "USERNAME": online.username_canonical,
    "IPADDRESS": online.ip_canonical,
}
_FAKE: dict[str, Callable[[str, Draw], str]] = {
    "PHONE": phones.make_fake,
    "FAX": phones.make_fake,
    "SSN": ssn_fake,
    "EMAIL": online.email_fake,
    "URL": online.url_fake,
    "USERNAME": online.username_fake,
    "IPADDRESS": online.ip_fake,
}
_RENDER: dict[str, Callable[[str, str], str]] = {
    "PHONE": phones.render,
    "FAX": phones.render,
    "SSN": digits_render,
    "EMAIL": online.email_render,
    "URL": online.url_render,
    "USERNAME": online.username_render,
    "IPADDRESS": online.ip_render,
}
