"""The shipped dictionaries: bits of chosen tokens both ways, phrases, eponyms, nicknames, size, speed and sources."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from importlib import resources

import pytest

from deid_spark.detect import dictionaries
from deid_spark.detect.dictionaries import FILES, Lexicon, tokens_of
from deid_spark.detect.lexicon_flags import NAME, PLACE, SAFE, Known

FOLDER = resources.files("deid_spark") / "data" / "lexicon"

# token -> bits it must have | bits it must not have
TOKENS = """
will         COMMON GIVEN MALE                    | CLINICAL DRUG EPONYM
may          COMMON CALENDAR GIVEN FEMALE         | DRUG CLINICAL
mark         COMMON GIVEN_COMMON SURNAME          | CLINICAL
brown        COMMON SURNAME_COMMON EPONYM         | CLINICAL
love         COMMON SURNAME                       | CLINICAL
power        COMMON SURNAME                       | DRUG
banks        COMMON SURNAME_COMMON                | CLINICAL
john         GIVEN_COMMON MALE                    | WORD COMMON CLINICAL DRUG
mike         NICKNAME GIVEN                       | WORD
maria        GIVEN_COMMON FEMALE                  | WORD CLINICAL
mary         GIVEN_COMMON FEMALE                  | MALE WORD
smith        SURNAME_COMMON EPONYM                | CLINICAL DRUG
wilson       SURNAME_COMMON EPONYM                | WORD CLINICAL
parkinson    EPONYM SURNAME                       | WORD CLINICAL
babinski     EPONYM                               | WORD CLINICAL GIVEN
hodgkin      EPONYM                               | WORD CLINICAL
crohn        EPONYM                               | WORD CLINICAL
foley        EPONYM SURNAME_COMMON                | CLINICAL WORD ABBREVIATION
lewy         EPONYM                               | CLINICAL WORD
graves       EPONYM SURNAME_COMMON                | CLINICAL DRUG
hunt         EPONYM SURNAME_COMMON COMMON         | CLINICAL
jackson      EPONYM SURNAME_COMMON CITY_LARGE     | CLINICAL WORD
reading      COMMON CITY                          | GIVEN
weed         COMMON CITY                          | GIVEN
chicago      CITY_LARGE                           | WORD CLINICAL DRUG
mumbai       CITY_LARGE                           | WORD
springfield  CITY_LARGE SURNAME                   | WORD
tijuana      CITY                                 | WORD
nice         COMMON                               | CITY
texas        STATE                                | WORD
ohio         STATE                                | WORD
tx           STATE_CODE                           | COMMON
or           COMMON STATE_CODE                    | GIVEN
turkey       COMMON COUNTRY                       | GIVEN
kenya        COUNTRY                              | WORD
orange       COMMON COUNTY CITY                   | DRUG
spanish      DEMONYM                              | EPONYM GIVEN
navajo       DEMONYM                              | GIVEN
catholic     DEMONYM                              | GIVEN
tuesday      CALENDAR                             | CLINICAL
sept         CALENDAR                             | GIVEN
nguyen       SURNAME_COMMON                       | WORD
xiong        SURNAME                              | WORD
vang         SURNAME                              | WORD CLINICAL
okafor       SURNAME                              | WORD
begay        SURNAME                              | WORD
patel        SURNAME_COMMON                       | WORD GIVEN
kealoha      SURNAME                              | WORD
tadesse      SURNAME                              | WORD
hernández    SURNAME                              | WORD
peña         SURNAME                              | WORD
pena         SURNAME                              | CLINICAL
o'brien      SURNAME                              | WORD
priya        GIVEN FEMALE                         | WORD MALE
kwabena      GIVEN MALE                           | WORD
siobhán      GIVEN                                | WORD
volodymyr    GIVEN MALE                           | WORD
aaliyah      GIVEN FEMALE                         | CLINICAL
mateo        GIVEN_COMMON                         | CLINICAL
patient      COMMON                               | GIVEN SURNAME NICKNAME
infant       COMMON                               | GIVEN SURNAME
baby         COMMON                               | GIVEN
the          COMMON                               | GIVEN SURNAME CITY CLINICAL
unknown      COMMON                               | GIVEN SURNAME
said         COMMON                               | GIVEN
heart        COMMON CLINICAL                      | GIVEN
pain         COMMON CLINICAL                      | GIVEN DRUG
cholecystectomy CLINICAL                          | SURNAME GIVEN
afebrile     CLINICAL                             | SURNAME GIVEN
subxiphoid   CLINICAL                             | SURNAME CITY
fallopian    CLINICAL EPONYM                      | SURNAME
lisinopril   DRUG                                 | SURNAME GIVEN
percocet     DRUG                                 | SURNAME
glargine     DRUG                                 | SURNAME
montelukast  DRUG                                 | WORD
mg           CLINICAL                             | GIVEN
cabg         ABBREVIATION                         | GIVEN SURNAME
htn          ABBREVIATION                         | GIVEN SURNAME
pt           ABBREVIATION                         | GIVEN SURNAME
sob          ABBREVIATION                         | GIVEN
i'm          WORD                                 | SURNAME
jack         GIVEN NICKNAME                       | CLINICAL
liz          NICKNAME                             | WORD
mad          COMMON                               | NICKNAME
zzyzxqq                                           | WORD CLINICAL GIVEN SURNAME CITY
"""


def cases() -> list[tuple[str, int, int]]:
    rows = []
    for line in TOKENS.strip().splitlines():
        token, *wanted = line.partition("|")[0].split()
        unwanted = line.partition("|")[2].split()
        rows.append((token, sum(Known[n] for n in wanted), sum(Known[n] for n in unwanted)))
    return rows


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.mark.parametrize(("token", "wanted", "unwanted"), cases())
def test_bits(lexicon: Lexicon, token: str, wanted: int, unwanted: int) -> None:
    bits = lexicon.words.get(token, 0)
    assert Known(wanted & ~bits) == Known(0), "missing"
    assert Known(unwanted & bits) == Known(0), "unwanted"


def test_keys_are_tokens_as_notes_have_them(lexicon: Lexicon) -> None:
    for word in list(lexicon.words)[::997]:
        assert word == word.lower()
        assert "-" in word or tokens_of(word) == (word,)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("New York", "city"),
        ("St. Paul", "city"),
        ("Saint Paul", "city"),
        ("Truth or Consequences", "city"),
        ("Prince George's County", "county"),
        ("North Carolina", "state"),
        ("El Salvador", "country"),
        ("Massachusetts General Hospital", "facility"),
        ("Walter Reed", "facility"),
        ("Frito Lay", "organization"),
        ("Blue Cross Blue Shield", "organization"),
        ("truck driver", "profession"),
        ("school custodian", "profession"),
        ("Rocky Mountain spotted fever", "safe"),
        ("Hunt & Hess", "safe"),
        ("Jackson-Pratt", "safe"),
        ("Brown-Séquard", "safe"),
        ("Graves' disease", "safe"),
        ("St. Louis encephalitis", "safe"),
        ("Boston naming test", "safe"),
        ("Wilson's disease", "safe"),
    ],
)
def test_phrases(lexicon: Lexicon, text: str, kind: str) -> None:
    tokens = tokens_of(text)
    assert kind in [k for t, k in lexicon.phrases[tokens[0]] if t == tokens]


@pytest.mark.parametrize(
    "text",
    [
        "medical center",
        "community hospital",
        "cross country",
        "cut off",
        "health care provider",
        "the patient",
    ],
)
def test_plain_text_is_no_phrase(lexicon: Lexicon, text: str) -> None:
    tokens = tokens_of(text)
    assert tokens not in [t for t, _ in lexicon.phrases.get(tokens[0], ())]


def test_phrases_stand_longest_first(lexicon: Lexicon) -> None:
    for found in lexicon.phrases.values():
        lengths = [len(tokens) for tokens, _ in found]
        assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("token", "strength", "head"),
    [
        ("foley", "context", "catheter"),
        ("babinski", "always", "sign"),
        ("epley", "context", "maneuver"),
        ("jackson", "context", "pratt"),
        ("pratt", "context", "jackson"),
        ("hess", "context", "hunt"),
        ("weiss", "context", "mallory"),
        ("kocher", "context", "clamp"),
        ("parkinson", "context", "disease"),
        ("crohn", "always", "disease"),
        ("séquard", "always", "brown"),
        ("jude", "context", "valve"),
        ("glasgow", "context", "coma"),
        ("kartagener", "always", "syndrome"),
    ],
)
def test_eponyms(lexicon: Lexicon, token: str, strength: str, head: str) -> None:
    eponym = lexicon.eponyms[token]
    assert (eponym.strength, head in eponym.heads) == (strength, True)
    assert lexicon.words[token] & Known.EPONYM


def test_a_frequent_surname_is_never_an_eponym_for_certain(lexicon: Lexicon) -> None:
    certain = {e for e, eponym in lexicon.eponyms.items() if eponym.strength == "always"}
    assert not {e for e in certain if lexicon.words[e] & (Known.SURNAME_COMMON | Known.GIVEN_COMMON | Known.COMMON)}


@pytest.mark.parametrize(
    ("nickname", "full"),
    [
        ("bill", "william"),
        ("peggy", "margaret"),
        ("chuy", "jesus"),
        ("jack", "john"),
        ("lupe", "guadalupe"),
        ("nate", "nathan"),
    ],
)
def test_nicknames(lexicon: Lexicon, nickname: str, full: str) -> None:
    assert full in lexicon.nicknames[nickname]


def test_ranks(lexicon: Lexicon) -> None:
    assert lexicon.surname_rank["smith"] == 1
    assert lexicon.given_rank["james"] < lexicon.given_rank["siobhan"]
    assert lexicon.words["smith"] & Known.SURNAME_COMMON


def test_health_staff_are_known_but_not_searched_for(lexicon: Lexicon) -> None:
    assert ("machinist",) in lexicon.professions
    assert ("nurse",) in lexicon.professions
    assert all(t != ("nurse",) for t, _ in lexicon.phrases.get("nurse", ()))


def test_counts_by_bit(lexicon: Lexicon) -> None:
    values = Counter(lexicon.words.values())

    def count(mask: int) -> int:
        return sum(n for bits, n in values.items() if bits & mask)

    assert count(NAME) > 300_000
    assert count(SAFE) > 150_000
    assert count(PLACE) > 14_000
    assert 1_400 <= count(Known.GIVEN_COMMON) <= 1_500
    assert 2_900 <= count(Known.SURNAME_COMMON) <= 3_000
    assert count(Known.DRUG) > 20_000
    assert count(Known.ABBREVIATION) > 1_500


def test_loads_fast_and_alike() -> None:
    started = time.process_time()
    fresh = dictionaries._load.__wrapped__()
    assert time.process_time() - started < 1.0
    assert fresh.fingerprint == Lexicon.load().fingerprint
    assert Lexicon.load() is Lexicon.load()


def test_shipped_files_are_small_and_their_sources_told() -> None:
    sources = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    shipped = {f.name for f in FOLDER.iterdir() if f.name != "SOURCES.md" and f.is_file()}
    assert shipped == set(FILES)
    assert all(f"`{name}`" in sources for name in shipped)
    assert sum(len((FOLDER / name).read_bytes()) for name in shipped) < 8_000_000


def test_gzip_carries_no_time() -> None:
    for name in FILES:
        if name.endswith(".gz"):
            data = (FOLDER / name).read_bytes()
            assert data[4:8] == b"\0\0\0\0"
            assert gzip.decompress(data)
