"""Checks that a pattern file may name in `verify`: (match, score) -> the score to use, 0 to drop the match.

They judge what a regex can't: calendars, checksums, how many digits a token holds. They see the match and its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from deid_spark.detect import checksums

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_OCR = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})
_DIGITS = re.compile(r"[0-9]+")
_DIGITS_AND_LOOKALIKES = re.compile(r"[0-9OolI]+")
# A compact date outside these years is a number.
_FIRST_YEAR, _LAST_YEAR = 1900, 2049
_MONTHS = frozenset(
    {
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    }
)
_MONTH_WORDS = _MONTHS | {month[:3] for month in _MONTHS} | {"sept"}

_PUBLIC_CODE = re.compile(
    "(?:NCT|GSK|BMS|LY|PF|RO|AZD|MK|ABT|AMG|BAY|CPT|ICD|SNOMED|LOINC|RS|HLA|COVID|SARS|CMS|REF|MODEL|ISO|DD|DSM|JNJ|POG|SWOG|ECOG|RTOG|COG|NSABP|CALGB|NRG)-?[0-9]"
)

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
    r"(?i)\b(?:mg|mcg|ml|cm|mm|days?|weeks?|months?|years?|hours?|hrs|minutes|times|views?|units|tabs?|tablets?|doses?|tab|scan"
    r"|patients?|points?|chest|abdomen|pelvis|knee|hip|right|left|bilateral|iv|po|bid|tid|daily|prn|x-?ray|mri)\b"
)
_NOT_A_STREET_NAME = re.compile(
    r"(?:The|This|That|On|In|At|A|Home|Rural|Dirt|Off|Open|Safe|Middle|Treatment|Drug|Family|Superior|District"
    r"|Supreme|Federal|Juvenile|Municipal|Probate|Some|Any|No|By|His|Her|My|Our|Their|Private)\b"
)
_ADDRESS_WORDS = re.compile(
    r"(?i)\b(?:street|st|ave|avenue|road|rd|blvd|drive|dr|lane|ln|court|ct|box|apt|lives?|address|residence|home|loop|way|mail)\b"
)

_WORDS_BEFORE = re.compile(r"[a-z0-9'’/-]*[a-z0-9'’]")
_WHOLE_NUMBER = re.compile(r"(?<![0-9#])[0-9]{1,2} $")
_LINE_TIME = re.compile(r"^[ \t]{0,4}((?:[01][0-9]|2[0-3])[0-5][0-9])[ ](?![0-9])", re.MULTILINE)
_BETWEEN_CUE_AND_DATE = frozenset(
    ("about", "around", "approx", "approximately", "was", "is", "the", "of", "on", "at", "dose", "date")
)


def _is_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]


def _is_year(digits: str) -> bool:
    return len(digits) == 2 or (len(digits) == 4 and 1850 <= int(digits) <= 2099)


def _text(match: re.Match[str]) -> str:
    """What the pattern would emit: its first upper-case group that took part, or the whole match."""
    for name, value in match.groupdict().items():
        if name.isupper() and value:
            return value
    return match.group()


def _before(match: re.Match[str], count: int) -> str:
    return match.string[max(0, match.start() - count) : match.start()]


def has_cue(match: re.Match[str], cues: frozenset[str]) -> bool:
    """Whether the word before the match, on its line, is a cue; a few small words may stand between."""
    before = match.string[max(0, match.start() - 40) : match.start()]
    words = _WORDS_BEFORE.findall(before[before.rfind("\n") + 1 :].lower())
    while len(words) > 1 and words[-1] in _BETWEEN_CUE_AND_DATE:
        if words[-1] in cues:
            return True
        words.pop()
    return bool(words) and words[-1] in cues


def full_date(match: re.Match[str], score: float) -> float:
    """Month, day and year in either order of month and day."""
    parts = _DIGITS.findall(_text(match))[:3]
    if len(parts) != 3 or not _is_year(parts[2]):
        return 0
    first, second = int(parts[0]), int(parts[1])
    return score if _is_day(first, second) or _is_day(second, first) else 0


def ocr_date(match: re.Match[str], score: float) -> float:
    """A full date some of whose digits were read as letters."""
    found = _text(match)
    if not re.search("[OolI]", found):
        return 0
    parts = [part.translate(_OCR) for part in _DIGITS_AND_LOOKALIKES.findall(found)]
    if len(parts) != 3 or sum(map(str.isdigit, found)) < 2 or not _is_year(parts[2]):
        return 0
    first, second = int(parts[0]), int(parts[1])
    return score if _is_day(first, second) or _is_day(second, first) else 0


def month_day(match: re.Match[str], score: float) -> float:
    """Month and day, month first."""
    first, second = (int(part) for part in _DIGITS.findall(_text(match))[:2])
    if not _is_day(first, second) or (
        second in (2, 3, 4, 8) and first < second and _WHOLE_NUMBER.search(_before(match, 4))
    ):
        return 0
    return score


def month_days(match: re.Match[str], score: float) -> float:
    """Several months and days, month first: all must be days."""
    pairs = re.findall(r"([0-9]{1,2})/([0-9]{1,2})", match.group())
    return score if all(_is_day(int(month), int(day)) for month, day in pairs) else 0


def day_month(match: re.Match[str], score: float) -> float:
    """Month and day in either order."""
    first, second = (int(part) for part in _DIGITS.findall(_text(match))[:2])
    return score if _is_day(first, second) or _is_day(second, first) else 0


def compact_date(match: re.Match[str], score: float) -> float:
    """Eight digits, yyyymmdd or mmddyyyy."""
    digits = checksums.digits_of(_text(match))[:8]
    for year, month, day in ((digits[:4], digits[4:6], digits[6:]), (digits[4:], digits[:2], digits[2:4])):
        if _FIRST_YEAR <= int(year) <= _LAST_YEAR and _is_day(int(month), int(day)):
            return score
    return 0


def _is_date_or_year(match: re.Match[str]) -> bool:
    found = _text(match)
    if re.fullmatch(r"(?:19|20)[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}", found):
        return True
    return bool(re.fullmatch(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1[0-9]{2,4}", found)) and full_date(match, 1.0) > 0


def some_digits(match: re.Match[str], score: float) -> float:
    """An id with at least two digits, or one digit and a letter beside three more characters."""
    found = _text(match)
    digits = sum("0" <= c <= "9" for c in found)
    return score if digits >= 2 or (digits == 1 and len(found) >= 4) else 0


def three_digits(match: re.Match[str], score: float) -> float:
    """An id with at least three digits; no date and no year."""
    return score if sum("0" <= c <= "9" for c in _text(match)) >= 3 and not _is_date_or_year(match) else 0


def four_digits(match: re.Match[str], score: float) -> float:
    """An id with at least four digits; no date and no year."""
    return score if sum("0" <= c <= "9" for c in _text(match)) >= 4 and not _is_date_or_year(match) else 0


def ocr_phone(match: re.Match[str], score: float) -> float:
    """A phone number some of whose digits were read as letters: six true digits at least."""
    found = _text(match)
    digits = sum("0" <= c <= "9" for c in found)
    return score if digits >= 6 and any(c in "OolI" for c in found) else 0


def nanp(match: re.Match[str], score: float) -> float:
    """A North American number; one that can't be dialled is less sure, for charts hold made-up and misread ones."""
    return score if checksums.nanp_valid(re.split(r"(?i)[ex#]", _text(match))[0]) else score * 0.8


def nanp_only(match: re.Match[str], score: float) -> float:
    """Ten bare digits that can be dialled."""
    return score if checksums.nanp_valid(_text(match)) else 0


def npi(match: re.Match[str], score: float) -> float:
    """Ten digits with the NPI check digit."""
    return score if checksums.npi_valid(_text(match)) else 0


def dea(match: re.Match[str], score: float) -> float:
    """A DEA number with its check digit."""
    return score if checksums.dea_valid(_text(match)) else 0


def ssn(match: re.Match[str], score: float) -> float:
    """Nine digits as 3-2-4; a number that was never issued is still likelier an SSN than anything else."""
    return score if checksums.ssn_valid(_text(match)) else score * 0.85


def ssn_only(match: re.Match[str], score: float) -> float:
    """Nine digits that could be an issued SSN."""
    return score if checksums.ssn_valid(_text(match)) else 0


def vin(match: re.Match[str], score: float) -> float:
    """17 characters with letters and digits; without the check character (Europe has none) less sure."""
    found = _text(match)
    if sum("0" <= c <= "9" for c in found) < 4 or not any(c.isalpha() for c in found):
        return 0
    return score if checksums.vin_valid(found) else score * 0.8


def ipv4(match: re.Match[str], score: float) -> float:
    """Four octets."""
    return score if checksums.ipv4_valid(_text(match)) else 0


def mbi(match: re.Match[str], score: float) -> float:
    """A Medicare Beneficiary Identifier."""
    return score if checksums.mbi_valid(_text(match)) else 0


def human_age(match: re.Match[str], score: float) -> float:
    """A number of years, months, weeks or days that a person can have lived (0-120; thresholds too)."""
    digits = _DIGITS.match(_text(match))
    return score if digits is None or int(digits.group()) <= 120 else 0


def adult_age(match: re.Match[str], score: float) -> float:
    """12-110: the range in which a bare number beside a sex or a disease is an age."""
    digits = _DIGITS.match(_text(match))
    return score if digits is None or 12 <= int(digits.group()) <= 110 else 0


def handle(match: re.Match[str], score: float) -> float:
    """A login: holds a digit, an underscore, a dot or a hyphen, so it is no plain word."""
    return score if re.search(r"[0-9_.-]", _text(match)) else 0


def never_a_word(match: re.Match[str], score: float) -> float:
    """A token with at least one digit and one letter."""
    found = _text(match)
    return score if re.search(r"[0-9]", found) and re.search(r"[A-Za-z]", found) else 0


def day_before_month(match: re.Match[str], score: float) -> float:
    """`4 Mar`, `4may2020`; `2 may`, `3 mar` and `10 dec` in lower case without year or separator are other words."""
    found = _text(match)
    name = re.search(r"[A-Za-z]{3,}", found.replace("th", "").replace("rd", ""))
    if re.search(r"[A-Za-z]", found) and re.fullmatch(r"\d{1,2} ?(?:mar|may|dec|jun|jan|sep|march)\.?", found):
        return 0
    return score if name else 0


def starts_with_month(match: re.Match[str], score: float) -> float:
    """The words before and after a dash, `to` or a space are months (`Marked to Decline` is not)."""
    words = re.findall(r"[A-Za-z]{3,}", _text(match))
    months = [word for word in words if word.lower() in _MONTH_WORDS]
    others = [word for word in words if word.lower() not in _MONTH_WORDS and word.lower() not in ("through", "thru")]
    return score if months and all(re.fullmatch("[MCDXLVI]+", word) for word in others) else 0


def no_saturation(match: re.Match[str], score: float) -> float:
    """`Sat 14` is a day, `Sat 94` can't be one, and an oxygen saturation stands before or after it."""
    around = match.string[max(0, match.start() - 12) : match.end() + 8].lower()
    return 0 if re.search(r"o2|spo2|oxygen|\bra\b|room air|%", around) else score


def list_of_weekdays(match: re.Match[str], score: float) -> float:
    """Two weekdays at least, and not only the ordinary words `sat`, `sun`, `wed`, `mon` in lower case."""
    words = re.findall(r"[A-Za-z]{3,}", _text(match))
    days = {word.lower()[:3] for word in words if word.lower() not in ("and", "thru", "through")}
    if days <= {"sat", "sun"} and not all(word[0].isupper() for word in words if word not in ("and", "thru")):
        return 0
    return score if len(days) > 1 else 0


def weekday_letters(match: re.Match[str], score: float) -> float:
    """`TR` is a regurgitation and `M/F` a sex before they are days: these need a schedule's words around them."""
    if match.group() not in ("TR", "TTS", "M/F", "T/R", "T/F", "W/F", "M/W"):
        return score
    around = match.string[max(0, match.start() - 40) : match.end() + 25].lower()
    return (
        score
        if re.search(
            r"dialysis|renal|kidney|esrd|\bhd\b|shift|chair|class|school|weekly|group|visits|clinic|rehab", around
        )
        else 0
    )


def years_in_order(match: re.Match[str], score: float) -> float:
    """A range of years goes forward and spans no more than a life; `1900-0700` is a shift, `2000-2500` a volume."""
    first, second = match.group("DATE"), checksums.digits_of(match.group("DATE_2"))
    if len(second) == 2:
        second = first[:2] + second
    return score if 0 < int(second) - int(first) <= 90 else 0


def spoken_phone(match: re.Match[str], score: float) -> float:
    """A number read aloud: words and digits that spell seven digits at least."""
    count = len(re.findall(r"[0-9]", match.group()))
    for word in re.findall(r"[a-z]+", match.group().lower()):
        count += {"double": 1, "triple": 2}.get(word, 1)
    return score if 7 <= count <= 16 else 0


def five_digits(match: re.Match[str], score: float) -> float:
    """An id with at least five digits."""
    return score if sum("0" <= c <= "9" for c in _text(match)) >= 5 else 0


def id_not_number(match: re.Match[str], score: float) -> float:
    """An id after a weak cue: letters or separators beside its digits, or four digits that are no year and no dose."""
    found = _text(match)
    if _is_date_or_year(match) or re.fullmatch(
        r"[0-9]{1,2}/[0-9/]+|[0-9]{1,2}:[0-9]{2}|[A-Z][0-9]{4}|CPT.*|CYP.*", found
    ):
        return 0
    after = match.string[match.end() : match.end() + 12].lower()
    if re.match(r" ?(?:mg|mcg|ml|g|units?|iu|cc|%|cm|mm|m|km|feet|ft|miles|meters|calories|steps|patients)\b", after):
        return 0
    digits = sum("0" <= c <= "9" for c in found)
    return score if digits >= 4 or (digits >= 3 and re.search("[A-Z]", found)) else 0


def not_a_drug_code(match: re.Match[str], score: float) -> float:
    """Letters and digits that are no investigational drug, trial, guideline or gene name."""
    found = _text(match)
    return 0 if _PUBLIC_CODE.match(found) else score


def not_a_count(match: re.Match[str], score: float) -> float:
    """A long run of digits that is no round count (`1200000`)."""
    return 0 if re.fullmatch(r"[1-9][0-9]{0,2}0{4,}", match.group()) else score


def not_a_range(match: re.Match[str], score: float) -> float:
    """Digits and dashes that are no rising range of numbers (`1000-1500`) and no range of clock times."""
    parts = re.findall(r"[0-9]+", _text(match))
    if len(parts) == 2 and not any(part.startswith("0") for part in parts) and int(parts[0]) < int(parts[1]):
        rounded = all(part.endswith("0") for part in parts)
        if rounded or (int(parts[1]) <= 4 * int(parts[0]) and len(parts[0]) == len(parts[1]) == 4):
            return 0
    if len(parts) == 2 and all(len(part) == 4 and int(part[:2]) < 25 and int(part[2:]) < 60 for part in parts):
        return 0
    return score


def age_beside_sex(match: re.Match[str], score: float) -> float:
    """A number beside M or F; 95-106 F is a temperature before it is an age, and 4-24 F may be a catheter's gauge."""
    number = int(_DIGITS.findall(_text(match))[0])
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


def device_id(match: re.Match[str], score: float) -> float:
    """A serial or lot: a digit at least, and four characters; no date, no word, no count of tests."""
    found = _text(match)
    digits = sum("0" <= c <= "9" for c in found)
    if digits == 0 or _is_date_or_year(match):
        return 0
    return score if digits >= 4 or (digits >= 1 and len(found) >= 5) else 0


def not_postop_day(match: re.Match[str], score: float) -> float:
    """`POD C` is a unit; a postoperative day has a number, and a list of diagnoses has no `Tele 2`."""
    return 0 if re.match(r"POD [0-9]", match.group()) else score


def chat_name(match: re.Match[str], score: float) -> float:
    """A sender in a chat log; a role (`preop`, `keisha`) is not told from a login unless it looks like one."""
    found = _text(match)
    return score if re.search(r"[0-9._]", found) else score * 0.7


def street(match: re.Match[str], score: float) -> float:
    """A numbered street whose words are no doses, units or clinical nouns."""
    return 0 if _NOT_A_STREET.search(match.group()) else score


def unnumbered_street(match: re.Match[str], score: float) -> float:
    """A street without number: its name is a name, no word that begins a sentence."""
    return 0 if _NOT_A_STREET_NAME.match(_text(match)) else score


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
    return 0 if re.match(r"(?:The|This|That|Our|Her|His|Each|Another|Home|Same|All|In|Of)\b", _text(match)) else score


def small_ratio(match: re.Match[str], score: float) -> float:
    """A score out of something: the first number is not above the second, and the second is no year's month."""
    parts = [int(part) for part in _DIGITS.findall(match.group())[:2]]
    return score if len(parts) == 2 and (parts[0] <= parts[1] or parts[1] <= 10) else 0


def clock_time(match: re.Match[str], score: float) -> float:
    """Four digits that are a time of day; a year that follows `in` or stands before a clause is none."""
    hour, minute = int(_text(match)[:2]), int(_text(match)[2:])
    return score if hour < 24 and minute < 60 else 0


def no_time_log(match: re.Match[str], score: float) -> float:
    """A year at a line's start, unless lines around it start with clock times that can be no years."""
    around = match.string[max(0, match.start() - 600) : match.end() + 600]
    times = [int(time) for time in _LINE_TIME.findall(around)]
    return 0 if any(not 1930 <= time < 2030 for time in times) else score


def age_after_birth_date(match: re.Match[str], score: float) -> float:
    """An age in brackets or after a slash, right after a whole date."""
    before = _before(match, 14)
    whole_date = re.search(
        r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:[0-9]{4}|[0-9]{2})$|[A-Za-z]{3,9}\.?,? (?:[0-9]{1,2},? )?[0-9]{4}$", before
    )
    return score if whole_date and int(match.group("AGE")) <= 120 else 0


def international(match: re.Match[str], score: float) -> float:
    """Country code and number: eight digits at least, and no lens prescription (`+1.25 -0.75 x 085`)."""
    found = re.split(r"[ex#]", match.group(), flags=re.IGNORECASE)[0]
    return score if len(checksums.digits_of(found)) >= 8 and not re.search(r"[0-9]\.[0-9]{2} ", found) else 0


def landmark(match: re.Match[str], score: float) -> float:
    """A named place, unless its first word is an article, a title or a clinician's degree."""
    first = re.match(r"[A-Za-z]+", _text(match))
    if first and first.group() in ("The", "This", "His", "Her", "My", "Our", "Their", "No", "Mr", "Ms", "Mrs", "Port"):
        return 0
    return 0 if re.search(r"\b(?:Dr|Mr|Mrs|Ms|Miss)\.? $", _before(match, 6)) else score


CHECKS: dict[str, Callable[[re.Match[str], float], float]] = {
    check.__name__: check
    for check in (
        full_date, ocr_date, month_day, day_month, compact_date, some_digits, three_digits, four_digits, ocr_phone,
        nanp, nanp_only, npi, dea, ssn, ssn_only, vin, ipv4, mbi, human_age, adult_age, handle, never_a_word,
        day_before_month, starts_with_month, no_saturation, list_of_weekdays, weekday_letters, years_in_order,
        spoken_phone, age_beside_sex, age_after_name, five_digits, id_not_number, not_a_drug_code, not_a_count,
        not_a_range,
        landmark, international, month_days, age_after_birth_date, no_time_log, small_ratio, clock_time,
        device_id, not_postop_day, chat_name,
        street, unnumbered_street, state_and_zip, zip_after_city, highway, not_the_county,
    )
}  # fmt: skip
