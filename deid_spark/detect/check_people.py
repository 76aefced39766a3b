"""Checks of ages, addresses, places, rooms and logins: what stands beside a number decides what it is.

Each takes (match, score) and returns the score to use, 0 to drop the match.
"""

from __future__ import annotations

import re

from deid_spark.detect.check_text import matched, text_before

_DIGITS = re.compile(r"[0-9]+")
# After `16F`, which may be a catheter: what only follows a person.
_OF_A_PERSON = re.compile(
    r"(?i)[ ,;/|)]{0,4}(?:$|\n|with|w/|s/p|p/w|who|here|presents|presenting|c/o|hx|h/o|pmh|g[0-9]|from|admitted|mrn|dob"
    r"|in |to |at |student|on |for |a |[0-9]{3})"
)
_LIKE_A_NAME = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Miss)\.? [A-Z][\w'’-]{1,18}"
    r"|\b[A-Z][\w'’]{0,15}(?:-[A-Z][a-z]{2,15})?(?: [A-Z]\.?| \"\w+\")?"
    r" [A-Z][\w'’]{1,15}(?:-[A-Z][a-z]{1,15})?(?:,? Jr\.?| III?)?"
    r"|\b[A-Z][\w'’]{1,15} [A-Z][\w'’]{1,15}, \"\w+\"|\b[A-Z][a-z]{1,15}, [A-Z][a-z]{1,15}(?: [A-Z]\.?)?"
    r"|\b[A-Z]{2,15}, [A-Z]{2,15}(?: [A-Z])?)$"
)
_NOT_A_STREET = re.compile(
    r"(?i)\b(?:mg|mcg|ml|cm|mm|days?|weeks?|months?|years?|hours?|hrs|minutes|times|views|units|tabs?|tablets?|doses?|tab|scan"
    r"|patients?|points|chest|abdomen|pelvis|knee|hip|right|left|bilateral|iv|po|bid|tid|daily|prn|x-?ray|mri)\b"
)
_NOT_A_STREET_NAME = re.compile(
    r"(?:The|This|That|On|In|At|A|Home|Rural|Dirt|Off|Open|Safe|Middle|Treatment|Drug|Family|Superior|District"
    r"|Supreme|Federal|Juvenile|Municipal|Probate|Some|Any|No|By|His|Her|My|Our|Their|Private)\b"
)
_ADDRESS_WORDS = re.compile(
    r"(?i)\b(?:street|st|ave|avenue|road|rd|blvd|drive|dr|lane|ln|court|ct|box|apt|lives?|address|residence|home|loop|way|mail)\b"
)


def human_age(match: re.Match[str], score: float) -> float:
    """A number of years, months, weeks or days that a person can have lived (0-120; thresholds too)."""
    digits = _DIGITS.match(matched(match))
    return score if digits is None or int(digits.group()) <= 120 else 0


def adult_age(match: re.Match[str], score: float) -> float:
    """12-110: the range in which a bare number beside a sex or a disease is an age."""
    digits = _DIGITS.match(matched(match))
    return score if digits is None or 12 <= int(digits.group()) <= 110 else 0


def age_beside_sex(match: re.Match[str], score: float) -> float:
    """A number beside M or F; 95-106 F is a temperature before it is an age, and 4-24 F may be a catheter's gauge."""
    number = int(_DIGITS.findall(matched(match))[0])
    if not 0 < number <= 115:
        return 0
    letter = match.group().rstrip()[-1]
    if (
        letter == "F"
        and number <= 30
        and re.fullmatch("[0-9]+ ?F", match.group())
        and not _OF_A_PERSON.match(match.string[match.end() : match.end() + 20])
    ):
        return 0
    before = match.string[max(0, match.start() - 24) : match.start()].lower()
    if letter in "Ff" and re.search(r"temp|fever|febrile|\bt ?[:=]?$|tm(?:ax)?\b|axillary|oral|degrees", before):
        return 0
    if letter in "Ff" and 95 <= number <= 106:
        return score * 0.6
    return score


def age_after_name(match: re.Match[str], score: float) -> float:
    """A bare number after what is written like a person's name."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    return score if _LIKE_A_NAME.search(before) else 0


def age_after_birth_date(match: re.Match[str], score: float) -> float:
    """An age in brackets or after a slash, right after a whole date."""
    before = text_before(match, 14)
    whole_date = re.search(
        r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:[0-9]{4}|[0-9]{2})$|[A-Za-z]{3,9}\.?,? (?:[0-9]{1,2},? )?[0-9]{4}$", before
    )
    return score if whole_date and int(match.group("AGE")) <= 120 else 0


def street(match: re.Match[str], score: float) -> float:
    """A numbered street whose words are no doses, units or clinical nouns."""
    return 0 if _NOT_A_STREET.search(match.group()) else score


def unnumbered_street(match: re.Match[str], score: float) -> float:
    """A street without number: its name is a name, no word that begins a sentence."""
    return 0 if _NOT_A_STREET_NAME.match(matched(match)) else score


def state_and_zip(match: re.Match[str], score: float) -> float:
    """State and ZIP; `OR 50000 units`, `ME 12345`: a code that is a word is less sure, and a unit rules it out."""
    after = match.string[match.end() : match.end() + 12].lower()
    if re.match(r" ?(?:units?|mg|mcg|ml|iu|cells|copies|steps|meters|/)", after):
        return 0
    return (
        score * 0.7
        if match.group("STATE") in ("OR", "IN", "ME", "HI", "OK", "CO", "MA", "PA", "LA")
        and (
            "," not in match.string[max(0, match.start() - 3) : match.start()]
            and not match.string[max(0, match.start() - 2) : match.start()].strip().isalpha()
        )
        else score
    )


def zip_after_city(match: re.Match[str], score: float) -> float:
    """Five digits after a capitalised word, on a line that holds an address."""
    line = match.string[max(0, match.string.rfind("\n", 0, match.start()) + 1, match.start() - 90) : match.start()]
    if re.search(r"(?i)(?:cpt|code|units|count|ref|lot|model|icd)s?,?$", line):
        return 0
    return score if _ADDRESS_WORDS.search(line) else 0


def highway(match: re.Match[str], score: float) -> float:
    """A road; isotopes of iodine, N95 masks and TNM stages have the same shape."""
    found = match.group()
    if re.match(r"I[- ]12[0-9]|I[- ]13[0-9]|N[- ]95|[MN][- ][0-9]\b", found):
        return 0
    if re.match(r"(?:I|US|SR|CR|M|N) ", found):
        return (
            score
            if re.match(r"US [0-9]{2,3}\b|I [0-9]{2}\b", found) and re.search("(?i)exit|mile|mm|^US|[NSEW]B", found)
            else 0
        )
    return score * 0.7 if re.match(r"[MN]-", found) and not re.search("(?i)exit|mile|mm", found) else score


def not_the_county(match: re.Match[str], score: float) -> float:
    """A county's name, no article or adjective before the word."""
    return 0 if re.match(r"(?:The|This|That|Our|Her|His|Each|Another|Home|Same|All|In|Of)\b", matched(match)) else score


def landmark(match: re.Match[str], score: float) -> float:
    """A named place, unless its first word is an article, a title or a clinician's degree."""
    first = re.match(r"[A-Za-z]+", matched(match))
    if first and first.group() in ("The", "This", "His", "Her", "My", "Our", "Their", "No", "Mr", "Ms", "Mrs", "Port"):
        return 0
    return 0 if re.search(r"\b(?:Dr|Mr|Mrs|Ms|Miss)\.? $", text_before(match, 6)) else score


def not_postop_day(match: re.Match[str], score: float) -> float:
    """`POD C` is a unit; a postoperative day has a number, and a list of diagnoses has no `Tele 2`."""
    return 0 if re.match(r"POD [0-9]", match.group()) else score


def chat_name(match: re.Match[str], score: float) -> float:
    """A sender in a chat log; a role (`preop`, `keisha`) is not told from a login unless it looks like one."""
    found = matched(match)
    return score if re.search(r"[0-9._]", found) else score * 0.7


def handle(match: re.Match[str], score: float) -> float:
    """A login: holds a digit, an underscore, a dot or a hyphen, so it is no plain word."""
    return score if re.search(r"[0-9_.-]", matched(match)) else 0
