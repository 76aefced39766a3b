"""Bits that say what the dictionaries know of a token. A hit is evidence, not a verdict."""

from __future__ import annotations

from enum import IntFlag


class Known(IntFlag):
    """What lists a case-folded token stands in. Small ints, so that a worker can test them by mask."""

    COMMON = 1 << 0  # among the most common English words (`will`, `may`, `brown`)
    WORD = 1 << 1  # an English word at all, in lower case
    CLINICAL = 1 << 2  # safe clinical vocabulary: diseases, anatomy, tests, procedures, devices, units
    DRUG = 1 << 3  # drug ingredient or brand
    EPONYM = 1 << 4  # a person's name in a clinical term (`Foley`, `Hodgkin`)
    ABBREVIATION = 1 << 5  # clinical abbreviation (`cabg`, `sob`, `pt`)
    GIVEN = 1 << 6  # given name
    GIVEN_COMMON = 1 << 7  # among the ~1,500 most frequent given names in the US
    SURNAME = 1 << 8
    SURNAME_COMMON = 1 << 9  # among the ~3,000 most frequent surnames in the US
    NICKNAME = 1 << 10
    CITY = 1 << 11  # a US place of one word, or a large foreign city
    CITY_LARGE = 1 << 12  # more than 100,000 people
    STATE = 1 << 13  # name of a US state or territory (one word)
    STATE_CODE = 1 << 14  # two-letter postal code (upper case in text)
    COUNTRY = 1 << 15
    COUNTY = 1 << 16
    DEMONYM = 1 << 17  # nationality, language, ethnicity, religion: not an identifier here
    CALENDAR = 1 << 18  # months, weekdays, their abbreviations
    FEMALE = 1 << 19  # given name mostly of women
    MALE = 1 << 20  # given name mostly of men


SAFE = Known.WORD | Known.COMMON | Known.CLINICAL | Known.DRUG | Known.ABBREVIATION | Known.DEMONYM
NAME = Known.GIVEN | Known.SURNAME | Known.NICKNAME
PLACE = Known.CITY | Known.STATE | Known.COUNTRY | Known.COUNTY
