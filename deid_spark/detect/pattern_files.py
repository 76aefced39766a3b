r"""Loads and checks the pattern families in `deid_spark/data/patterns/*.toml`.

Grammar of a family file:

    family = "phone"                  # the file's own name
    label = "PHONE"                   # default label of its patterns
    [cues]                            # optional; lists of words, blank between them
    desk = 'office desk clerk'
    [fragments]                       # optional; seen by this file only (shared ones: fragments.toml)
    digit = '[0-9OolI]'
    [[pattern]]
    id = "phone_dashed"               # unique over all families; shows in sources as `pattern:phone_dashed`
    label = "FAX"                     # optional, instead of the family's
    score = 0.9                       # 0-1: how sure the pattern is alone
    regex = '''...'''                 # Python `re`; see below
    case = true                       # optional: upper and lower case differ (default: they don't)
    verify = "luhn"                   # optional: a check of `pattern_checks.py`, which may drop or re-score a match
    cue = "desk"                      # optional: the word before the match stands in this list (`about`, `the`, `is`
                                      #   and the like, a bracket or a colon may stand between)
    reach = 90                        # optional: the longest match; Hyperscan then looks for the ends of hits only,
                                      #   which it can do for larger regexes than it can with starts
    trigger = '''...'''               # optional, with reach: a shorter regex that matches inside every match
    lead = '''...'''                  # optional, with trigger: a regex that matches where a match starts, and seldom
                                      #   elsewhere; reach then tells how far before a hit's end it may stand. It sees
                                      #   nothing past that end
    first_word = '''...'''            # optional, instead of these: the word that every match starts with
    examples = ["call [[606-555-0122]] today"]   # each must be found, exactly as marked
    near_misses = ["WBC 606-555"]                # this pattern must find nothing in them

Regexes: lines are stripped and joined, so a regex can stand on several lines; a space inside a line is a space.
`{name}` is replaced by the fragment of that name, in a group. `\w`, `\d`, `\b` are ASCII. Every quantifier is bounded
(`*`, `+` and `{3,}` are refused), which keeps matching linear and windows finite. Upper-case groups say what to emit,
`(?P<DATE>...)-(?P<DATE_2>...)`; other groups are for checks; without upper-case groups the whole match is the span.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

from deid_spark.detect.pattern_checks import CHECKS, Check
from deid_spark.errors import ConfigError
from deid_spark.labels import LABELS, PROTECTED

_REQUIRED = {"id": str, "score": (int, float), "regex": str, "examples": list, "near_misses": list}
_OPTIONAL = {
    **{"label": str, "case": bool, "verify": str, "cue": str},
    **{"trigger": str, "reach": int, "lead": str, "first_word": str},
}
WORD_START = re.compile(r"\b\w", re.ASCII)
_FRAGMENT = re.compile(r"\{([a-z]\w*)\}")
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_GROUP = re.compile(r"\((?!\?)|\(\?P<\w+>")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


class Pattern(NamedTuple):
    """One checked pattern. `emits` holds (group number, label).

    `trigger` is the Hyperscan expression. With `reach` (before, after), every match of `regex` lies so many characters
    around the end of one, or, with a `lead` too, starts where the lead matches in those characters; with a `lead`
    alone, every match starts where the lead matches inside one; with neither, every match is one.
    """

    id: str
    family: str
    regex: re.Pattern[str]
    trigger: str
    reach: tuple[int, int] | None
    lead: re.Pattern[str] | None
    caseless: bool
    score: float
    check: Check | None
    cues: frozenset[str] | None
    emits: tuple[tuple[int, str], ...]
    sources: tuple[str]
    examples: tuple[str, ...]
    near_misses: tuple[str, ...]


def family_names() -> list[str]:
    """Names of the shipped families, sorted."""
    folder = resources.files("deid_spark") / "data" / "patterns"
    names = [entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return sorted(name for name in names if name != "fragments")


@lru_cache(maxsize=8)
def load_patterns(families: tuple[str, ...] | None = None) -> tuple[Pattern, ...]:
    """The shipped patterns of the families given (default: all), in a fixed order.

    Raises ConfigError with every problem of every file.
    """
    folder = resources.files("deid_spark") / "data" / "patterns"
    shared = tomllib.loads((folder / "fragments.toml").read_text(encoding="utf-8"))["fragments"]
    patterns: list[Pattern] = []
    problems: list[str] = []
    for name in family_names() if families is None else families:
        if name not in family_names():
            problems.append(f"no such family {name!r}; shipped ones are {', '.join(family_names())}")
            continue
        data = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        try:
            patterns += parse_family(data, f"{name}.toml", shared)
        except ConfigError as error:
            problems += [f"{error.where}: {problem}" for problem in error.problems]
    seen: set[str] = set()
    for pattern in patterns:
        if pattern.id in seen:
            problems.append(f"{pattern.id}: two patterns have this id")
        seen.add(pattern.id)
    if problems:
        raise ConfigError("patterns", problems)
    return tuple(patterns)


def parse_family(data: dict[str, Any], where: str, shared: dict[str, str] | None = None) -> list[Pattern]:
    """Patterns of one parsed family file. Raises ConfigError with all problems found."""
    fragments = {**(shared or {}), **data.get("fragments", {})}
    patterns, problems = [], []
    for row in data.get("pattern", []):
        name = str(row.get("id", "pattern without id"))
        row_problems = _problems_of_keys(row)
        if not row_problems:
            try:
                patterns.append(_parse_pattern(row, data, fragments))
            except (ValueError, re.error) as error:
                row_problems = [str(error)]
        problems += [f"{name}: {problem}" for problem in row_problems]
    if problems:
        raise ConfigError(where, problems)
    return patterns


def _problems_of_keys(row: dict[str, Any]) -> list[str]:
    problems = [f"{key} is missing" for key in _REQUIRED if key not in row]
    for key, value in row.items():
        kind = _REQUIRED.get(key) or _OPTIONAL.get(key)
        if kind is None:
            problems.append(f"unknown key {key}")
        elif not isinstance(value, kind):  # type: ignore[arg-type]
            problems.append(f"{key} has the wrong type")
    if "trigger" in row and "reach" not in row:
        problems.append("a trigger needs a reach")
    if "lead" in row and "trigger" not in row:
        problems.append("a lead needs a trigger")
    if "first_word" in row and "reach" in row:
        problems.append("first_word and reach exclude each other")
    if not problems and not 0 < row["score"] <= 1:
        problems.append(f"score must be above 0 and at most 1, got {row['score']}")
    return problems


def _parse_pattern(row: dict[str, Any], data: dict[str, Any], fragments: dict[str, str]) -> Pattern:
    source = expand(row["regex"], fragments)
    caseless = not row.get("case", False)
    flags = re.ASCII | re.MULTILINE | (re.IGNORECASE if caseless else 0)
    regex = re.compile(source, flags)
    if regex.search(""):
        raise ValueError("matches the empty text")
    unbounded = _unbounded_quantifier(source)
    if unbounded:
        raise ValueError(f"quantifier {unbounded!r} is not bounded")
    label = row.get("label", data.get("label", ""))
    emits = [(number, re.sub(r"_\d+$", "", name)) for name, number in regex.groupindex.items() if name.isupper()]
    emits = emits or [(0, label)]
    for _, emitted in emits:
        if emitted not in LABELS and emitted != PROTECTED:
            raise ValueError(f"unknown label {emitted!r}")
    check = row.get("verify")
    if check is not None and check not in CHECKS:
        raise ValueError(f"unknown check {check!r}")
    cue = row.get("cue")
    if cue is not None and cue not in data.get("cues", {}):
        raise ValueError(f"unknown list of cues {cue!r}")
    shorter = row.get("trigger", row.get("first_word"))
    trigger = hyperscan_expression(source if shorter is None else expand(shorter, fragments))
    lead = re.compile(expand(row["lead"], fragments), flags) if "lead" in row else None
    if "first_word" in row:
        trigger, lead = r"\b" + trigger, WORD_START
    return Pattern(
        id=row["id"],
        family=data["family"],
        regex=regex,
        trigger=trigger,
        reach=(row["reach"], row["reach"] if "trigger" in row and lead is None else 0) if "reach" in row else None,
        lead=lead,
        caseless=caseless,
        score=float(row["score"]),
        check=CHECKS[check] if check else None,
        cues=frozenset(data["cues"][cue].split()) if cue else None,
        emits=tuple(sorted(emits)),
        sources=("pattern:" + row["id"],),
        examples=tuple(row["examples"]),
        near_misses=tuple(row["near_misses"]),
    )


def expand(source: str, fragments: dict[str, str]) -> str:
    """Join the lines of a regex and put its fragments in. Raises ValueError for an unknown fragment."""
    text = "".join(line.strip("\t\r").strip() if "\n" in source else line for line in source.split("\n"))
    for _ in range(8):  # fragments may use fragments
        missing = [name for name in _FRAGMENT.findall(text) if name not in fragments]
        if missing:
            raise ValueError(f"unknown fragment {missing[0]!r}")
        if not _FRAGMENT.search(text):
            return text
        text = _FRAGMENT.sub(lambda m: "(?:" + expand(fragments[m.group(1)], {**fragments}) + ")", text)
    raise ValueError("fragments are nested too deep")


def hyperscan_expression(source: str) -> str:
    """The regex without lookarounds and captures: it matches wherever `source` does, and sometimes more."""
    out: list[str] = []
    position = 0
    while position < len(source):
        in_class = _CLASS.match(source, position)
        look = _LOOKAROUND.match(source, position)
        group = _GROUP.match(source, position)
        if source[position] == "\\":
            out.append(source[position : position + 2])
            position += 2
        elif in_class:
            out.append(in_class.group())
            position = in_class.end()
        elif look:
            position = _end_of_group(source, position)
        elif group:
            out.append("(?:")
            position = group.end()
        else:
            out.append(source[position])
            position += 1
    return "".join(out)


def lookarounds(source: str) -> list[str]:
    """Every lookaround of a regex, as written."""
    found, position = [], 0
    while position < len(source):
        in_class = _CLASS.match(source, position)
        if source[position] == "\\":
            position += 2
        elif in_class:
            position = in_class.end()
        elif _LOOKAROUND.match(source, position):
            end = _end_of_group(source, position)
            found.append(source[position:end])
            position = end
        else:
            position += 1
    return found


def _end_of_group(source: str, start: int) -> int:
    depth, position = 0, start
    while position < len(source):
        in_class = _CLASS.match(source, position)
        if source[position] == "\\":
            position += 2
            continue
        if in_class:
            position = in_class.end()
            continue
        depth += {"(": 1, ")": -1}.get(source[position], 0)
        position += 1
        if depth == 0:
            return position
    raise ValueError("a lookaround is not closed")


def _unbounded_quantifier(source: str) -> str | None:
    bare = _CLASS.sub("c", re.sub(r"\\.", "e", source, flags=re.DOTALL))
    found = re.search(r"(?<!\()[*+]|\{\d+,\}", bare)
    return found.group() if found else None
