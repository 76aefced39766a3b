"""Phone, fax and pager numbers: bare digits, a number set aside for fiction, and how a text writes it."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from deid_spark.replace.digits import Draw, digit_units, fill, write_code, zip_right

_EXTENSION = re.compile(
    r"(?:\b(?:ext(?:ension|n)?|x)|(?<=\d)\s*x|#)\s*[.:]?\s*(?P<digits>[\dOolI]+)\W*$", re.IGNORECASE
)
_TOLL_FREE = ("800", "833", "844", "855", "866", "877", "888")


@cache
def _area_codes() -> tuple[str, ...]:
    path = resources.files("deid_spark") / "data" / "identifiers" / "area_codes.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(code for line in lines if not line.startswith("#") for code in line.split())


def _phone_units(text: str) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
    """Digits of the number and of its extension."""
    match = _EXTENSION.search(text)
    split = match.start() if match and digit_units(text[: match.start()]) else len(text)
    main, extension = digit_units(text[:split]), []
    if len(main) < 10 and re.search(r"[A-Z]{3,}", text[:split]):
        main = digit_units(text[:split], vanity=True)
    if match and split < len(text):
        start = match.start("digits")
        extension = [(s + start, e + start, digit) for s, e, digit in digit_units(match["digits"])]
    elif match and not main:
        main = digit_units(text)
    return main, extension


def canonical_form(text: str) -> str:
    """Digits without the country code 1; `x` and the extension; other countries keep their `+`."""
    main, extension = ("".join(unit[2] for unit in units) for units in _phone_units(text))
    if len(main) == 11 and main[0] == "1":
        main = main[1:]
    elif text.lstrip(" (").startswith("+") and len(main) != 10:
        main = "+" + main
    return main + (f"x{extension}" if extension else "")


def make_fake(canonical: str, draw: Draw) -> str:
    main, _, extension = canonical.partition("x")
    if main.startswith("+"):
        number = main[:3] + draw.digits(len(main) - 3)
    elif len(main) == 10:
        areas = _TOLL_FREE if main[:3] in _TOLL_FREE else _area_codes()
        number = f"{areas[draw.below(len(areas))]}55501{draw.digits(2)}"
    elif len(main) == 7:
        number = f"55501{draw.digits(2)}"
    else:
        number = draw.digits(len(main))
    return number + (f"x{draw.digits(len(extension))}" if extension else "")


def render(text: str, surrogate: str) -> str:
    main, extension = _phone_units(text)
    if not main and not extension:
        return write_code(text, surrogate)
    number, _, new_extension = surrogate.partition("x")
    number = number.lstrip("+")
    if len(main) == len(number) + 1 and main[0][2] == "1":
        number = "1" + number
    return fill(text, [*zip_right(main, number), *zip_right(extension, new_extension)])
