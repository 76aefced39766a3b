"""Known numbers of a patient found in any punctuation: phones, record numbers, SSN, ZIP, e-mail, birth date."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from deid_spark.detect.known_text import FoldedText, folded_tokens
from deid_spark.people import KnownValue, birth_day, load_kinds
from deid_spark.spans import Span

NUMBER_KINDS = frozenset(
    (
        "zip", "phone", "fax", "mrn", "ssn", "account", "health_plan", "license",
        "vehicle", "device", "username", "other_id", "ip_address",
    )
)  # fmt: skip
# What may stand between the groups of one number.
_GROUP_GAP = re.compile(r"[\s\-‐‑–.,()/#_·:*]{0,3}")
_DATE_GAP = re.compile(r"[\s,./\-–'’]{0,4}")
_COUNTRY_CODE = re.compile(r"(?:(?<!\d)\+?1[\s.\-]{0,2})?\(?$")
_EXTENSION = re.compile(r"(?:ext|x).*$", re.I)
_EXTENSION_AFTER = re.compile(r",?\s{0,2}(?:ext\.?|extension|x)\s{0,2}\d{1,6}\b", re.I)
_PLUS_4 = re.compile(r"-\d{4}\b")
_ORDINALS = frozenset(("st", "nd", "rd", "th", "of", "the"))
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


MIN_ADDRESS = 5  # a@b.c


class _Number(NamedTuple):
    key: str  # letters and digits alone
    label: str
    kind: str
    score: float
    first: str  # the first run of letters or digits, as it is stored


class NumberIndex:
    """Looks a token up as the first group of a known number and follows it to the end."""

    def __init__(self, values: list[KnownValue]):
        self._by_prefix: dict[str, list[_Number]] = defaultdict(list)
        self._last_four = {v.value.strip()[-4:] for v in values if v.kind == "ssn"}
        for number in {number for value in values for number in _written_forms(value)}:
            for prefix in _prefixes(number):
                self._by_prefix[prefix].append(number)

    def anchors(self) -> set[str]:
        """Tokens at which a known number may begin."""
        return set(self._by_prefix) | self._last_four

    def find(self, doc: FoldedText, i: int) -> Iterator[Span]:
        """Spans of the known numbers that begin at token i."""
        word = doc.words[i]
        for first in {word, word.lstrip("0")} if word[0] == "0" else (word,):
            for number in self._by_prefix.get(first, ()):
                last = _follow(doc, i, first, number.key)
                if last is not None and not _inside_decimal(doc, i, last, number):
                    yield _spanned(doc, i, last, number)
        if word in self._last_four and any(doc.word(k) in load_kinds().words["ssn_cues"] for k in range(i - 2, i)):
            yield Span(doc.start(i), doc.end(i), "SSN", 0.85, ("known:ssn",))


class BirthDateIndex:
    """The birth date in any written form that has a year: 3/14/46, 1946-03-14, March 14th, 1946, 14 Mar '46."""

    def __init__(self, values: list[KnownValue]):
        self._days = {day for v in values if v.kind == "birth_date" and (day := birth_day(v.value))}

    def anchors(self) -> set[str]:
        """Year tokens."""
        return {form for year, _, _ in self._days for form in (str(year), f"{year % 100:02d}")}

    def find(self, doc: FoldedText, i: int) -> Iterator[Span]:
        """The birth date whose year is token i."""
        before = _date_parts(doc, i, step=-1)
        after = _date_parts(doc, i, step=1) if len(doc.words[i]) == 4 else []
        for year, month, day in self._days:
            if doc.words[i] not in (str(year), f"{year % 100:02d}"):
                continue
            for parts in (before, after):
                if len(parts) == 2 and _is_day(doc, parts, month, day):
                    ends = (min(i, parts[0], parts[1]), max(i, parts[0], parts[1]))
                    yield Span(doc.start(ends[0]), doc.end(ends[1]), "DATE", 0.99, ("known:birth_date",))


class EmailIndex:
    """E-mail addresses and URLs, whatever their case."""

    def __init__(self, values: list[KnownValue]):
        labels = load_kinds().labels
        self._exact = [
            (v.kind, labels[v.kind], re.compile(rf"(?<![\w.]){re.escape(v.value)}(?![\w@])", re.I))
            for v in values
            if v.kind in ("email", "url") and len(v.value) >= MIN_ADDRESS and any(map(str.isalnum, v.value))
        ]

    def find_all(self, text: str) -> Iterator[Span]:
        """All spans in `text`."""
        for kind, label, pattern in self._exact:
            if kind == "url" or "@" in text:
                for match in pattern.finditer(text):
                    yield Span(match.start(), match.end(), label, 0.99, (f"known:{kind}",))


def _written_forms(value: KnownValue) -> Iterator[_Number]:
    """The keys under which one known value is looked up, each with its score."""
    label = load_kinds().labels[value.kind]
    if value.kind == "birth_date" and (day := birth_day(value.value)):
        year, month, of_month = day
        for key in (f"{year}{month:02d}{of_month:02d}", f"{month:02d}{of_month:02d}{year}"):
            yield _Number(key, label, value.kind, 0.97, key)
        return
    if value.kind not in NUMBER_KINDS:
        return
    text = _EXTENSION.sub("", value.value) if value.kind in ("phone", "fax") else value.value
    tokens = folded_tokens(text)
    key = "".join(tokens)
    if value.kind in ("phone", "fax"):
        key = key[1:] if len(key) == 11 and key[0] == "1" else key
        if len(key) == 10 and key.isdigit():
            yield _Number(key[3:], label, value.kind, 0.75, key[3:6])
    if value.kind == "zip":
        key = key[:5]
    if len(key) < 4 or (key.isalpha() and value.kind != "username"):
        return
    yield _Number(key, label, value.kind, _certainty(key), tokens[0])
    bare = key.lstrip("0")
    if key.isdigit() and bare != key and len(bare) >= 5 and value.kind != "zip":
        yield _Number(bare, label, value.kind, _certainty(bare), bare)
    # MB0218846 is often copied without its letters.
    digits = key.lstrip("abcdefghijklmnopqrstuvwxyz")
    if value.kind != "username" and digits != key and len(digits) >= 6 and digits.isdigit():
        yield _Number(digits, label, value.kind, 0.9, digits)


def _certainty(key: str) -> float:
    """How sure a match is by itself: a bare short number may be a laboratory value."""
    if not key.isdigit():
        return 0.97 if len(key) >= 6 else 0.9
    return 0.98 if len(key) >= 7 else 0.9 if len(key) >= 5 else 0.6


def _prefixes(number: _Number) -> set[str]:
    """Every token with which the key may begin: its first run of letters, or any start of its first run of digits."""
    key = number.key
    own = {number.first} if key.startswith(number.first) else set()
    run = re.match(r"[^\W\d]+|\d+", key)
    first = run.group() if run else key
    if not first.isdigit():
        return {first} | own
    shortest = min(2, len(first))
    return {first[:n] for n in range(shortest, len(first) + 1)} | own


def _follow(doc: FoldedText, i: int, first: str, key: str) -> int | None:
    """The last token of `key` written from token i on, or None."""
    built, j = first, i
    while built != key:
        j += 1
        built += doc.word(j) or "\n"
        if not key.startswith(built) or not _GROUP_GAP.fullmatch(doc.gap(j)):
            return None
    return j


def _inside_decimal(doc: FoldedText, i: int, last: int, number: _Number) -> bool:
    """True for a short number that is a part of a longer one, such as `1.98225` or `98225.5`."""
    if len(number.key) > 6:
        return False
    text, start, end = doc.text, doc.start(i), doc.end(last)
    before = start > 1 and text[start - 1] in ".," and text[start - 2].isdigit()
    after = end + 1 < len(text) and text[end] in ".," and text[end + 1].isdigit()
    return before or after


def _spanned(doc: FoldedText, i: int, last: int, number: _Number) -> Span:
    start, end = doc.start(i), doc.end(last)
    if number.kind in ("phone", "fax") and len(number.key) == 10:
        lead = _COUNTRY_CODE.search(doc.text, max(0, start - 5), start)
        start = lead.start() if lead else start
    if number.kind in ("phone", "fax"):
        start -= doc.text[start - 1 : start] == "+"
        if tail := _EXTENSION_AFTER.match(doc.text, end):
            end = tail.end()
    if number.kind == "zip" and (tail := _PLUS_4.match(doc.text, end)):
        end = tail.end()
    return Span(start, end, number.label, number.score, (f"known:{number.kind}",))


def _date_parts(doc: FoldedText, i: int, step: int) -> list[int]:
    """The two tokens before (step -1) or after (step 1) token i that may be month and day."""
    parts: list[int] = []
    j = i + step
    while 0 <= j < len(doc.words) and len(parts) < 2 and abs(j - i) <= 5:
        if not _DATE_GAP.fullmatch(doc.gap(max(j, j - step))):
            break
        if doc.words[j] not in _ORDINALS:
            parts.append(j)
        j += step
    return parts


def _is_day(doc: FoldedText, parts: list[int], month: int, day: int) -> bool:
    one, two = (doc.words[k] for k in parts)
    return (_is_month(one, month) and _is_number(two, day)) or (_is_month(two, month) and _is_number(one, day))


def _is_month(token: str, month: int) -> bool:
    name = _MONTHS[month - 1]
    return _is_number(token, month) or (len(token) >= 3 and name.startswith(token)) or (month == 9 and token == "sept")


def _is_number(token: str, number: int) -> bool:
    return token.isdigit() and len(token) <= 2 and int(token) == number
