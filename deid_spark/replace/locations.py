"""Fictitious places, facilities and professions: `make_places` makes their rows, `render` writes them into a note."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from deid_spark.policy import Policy
from deid_spark.replace import addresses
from deid_spark.replace.facilities import make_facilities
from deid_spark.replace.forms import edges, plain_form, value_key
from deid_spark.replace.pools import City, fold, pools
from deid_spark.replace.rowbook import RowBook, same_shape
from deid_spark.replace.shape import like_breaks, like_case, like_words
from deid_spark.replace.zips import zip3

if TYPE_CHECKING:
    from deid_spark.identities import PatientIdentities

FACILITY_LABELS = ("HOSPITAL", "ORGANIZATION")
# States first: a fake city may have to lie in a fake state; cities before the ZIP codes that follow them.
_ORDER = ("STATE", "CITY", "ZIP", "COUNTRY", "STREET", "ROOM", "DEPARTMENT", "LOCATION_OTHER", "PROFESSION")
PLACE_LABELS = (*FACILITY_LABELS, *_ORDER)


def make_places(book: RowBook, forms: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Rows for every place, facility and profession. forms: label -> canonical -> its spellings in the notes."""
    facilities = {
        f"{label}\0{form}": texts for label in FACILITY_LABELS for form, texts in forms.get(label, {}).items()
    }
    make_facilities(book, facilities)
    makers: dict[str, Callable[[RowBook, str], str]] = {
        "STATE": _state, "CITY": _city, "ZIP": _zip, "COUNTRY": _country, "PROFESSION": _profession,
        "STREET": lambda b, form: b.row("STREET", form, lambda _: addresses.street(b, form)),
        "ROOM": addresses.room, "DEPARTMENT": addresses.department, "LOCATION_OTHER": addresses.other_place,
    }  # fmt: skip
    for label in _ORDER:
        for form in sorted(forms.get(label, ())):
            makers[label](book, form)


def states_of(forms: Mapping[str, Mapping[str, list[str]]], rows: Mapping[tuple[str, str], str]) -> tuple[str, ...]:
    """Postal codes of the states that the patient's notes speak of, by names and ZIP codes, most likely first."""
    seen: Counter[str] = Counter()
    codes = {code for code, _, _ in pools().states}
    for kind, canonical in [*rows, *((label, form) for label in ("STATE", "ZIP") for form in forms.get(label, ()))]:
        state = canonical if kind == "STATE" else pools().zip3_states.get(canonical[:3], "") if kind == "ZIP" else ""
        if state in codes:
            seen[state] += 1
    return tuple(sorted(seen, key=lambda s: (-seen[s], s)))


def _state(book: RowBook, form: str) -> str:
    """Canonical and surrogate are postal codes; `render` writes the name or abbreviation that stood there."""
    codes = [code for code, _, _ in pools().states if code not in ("PR", "VI", "GU", "DC")]
    return book.row(
        "STATE",
        form,
        lambda d: book.drawer.pick("state", d, [[c for c in codes if c not in book.originals["STATE"]], codes]),
    )


def _target_state(book: RowBook, state: str) -> str:
    """Where a fake place lies: the same state, the state's own surrogate, or anywhere (""), as the policy says."""
    if book.policy.action("STATE") == "surrogate" and state:
        return _state(book, state)
    return state if book.policy.places.keep_state else ""


def _city(book: RowBook, form: str) -> str:
    return book.row("CITY", form, lambda digest: _draw_city(book, form, digest))


def _draw_city(book: RowBook, form: str, digest: bytes) -> str:
    for key in pools().words["foreign_cities"]:
        region = pools().word_list("foreign_cities", key)
        if any(fold(name) == form for name in region) and not (
            known_city(form, book.states) and form in pools().cities
        ):
            return book.drawer.pick("city", digest, [region, *_all_foreign()])
    city = known_city(form, book.states)
    state = _target_state(book, city.state if city else book.states[0] if book.states else "")
    by, size = pools().city_names_by, city.size if city else 1
    levels = [by[key] for key in ((state, size), (state, -1), ("", size), ("", -1)) if key in by]
    return book.drawer.pick("city", digest, levels, joiner=" ")


def _all_foreign() -> list[list[str]]:
    return [[name for key in pools().words["foreign_cities"] for name in pools().word_list("foreign_cities", key)]]


def known_city(form: str, states: tuple[str, ...]) -> City | None:
    """The US city of this name: the one in the patient's states when there is one, else the largest."""
    same = pools().cities.get(form, [])
    inside = [city for state in states for city in same if city.state == state]
    return next(iter(inside or same), None)


def _zip(book: RowBook, form: str) -> str:
    """Another real ZIP code: of the fake city when the patient's city has one, else of the same state."""
    match = re.match(r"(\d{5})(?!\d)", form)
    if not match:
        return book.coded("ZIP", form, lambda digest: same_shape(form, digest), "zip")
    code, rest = match[1], form[5:]
    if rest:  # ZIP+4: its first five digits agree with the plain ZIP
        start = _zip(book, code)
        return book.coded("ZIP", form, lambda digest: start + same_shape(rest, digest), "zip")
    return book.row("ZIP", code, lambda digest: _draw_zip(book, code, digest))


def _draw_zip(book: RowBook, code: str, digest: bytes) -> str:
    home = pools().city_of_zip.get(code)
    state = _target_state(book, home.state if home else pools().zip3_states.get(code[:3], ""))
    fake_city = book.rows.get(("CITY", fold(home.name))) if home else None
    near = next((c.zips for c in pools().cities.get(fold(fake_city or ""), []) if c.state == state), ())
    by_state = pools().zips_by_state
    everywhere = pools().all_zips
    return book.drawer.pick(
        "zip", digest, [[z for z in near if z], by_state.get(state, everywhere), everywhere], lambda z: z[:5] != code
    )


def _country(book: RowBook, form: str) -> str:
    names = [" ".join(name.split()) for name in pools().word_list("countries", "names")]
    return book.row("COUNTRY", form, lambda d: book.drawer.pick("country", d, [names]))


def _profession(book: RowBook, form: str) -> str:
    return book.row("PROFESSION", form, lambda digest: _draw_profession(book, form, digest))


def _draw_profession(book: RowBook, form: str, digest: bytes) -> str:
    """A job of the same kind; plural stays plural, and what follows `a` or `an` still does."""
    groups = [pools().word_list("professions", key) for key in pools().words["professions"]]
    single = form[:-1] if form.endswith("s") and not form.endswith("ss") else form
    plural = single != form
    head = single.split()[-1] if single.split() else ""
    kin = [g for g in groups if any(fold(job) == single for job in g)] or [
        g for g in groups if any(fold(job).split()[-1] == head for job in g)
    ]
    vowel = form[:1] in "aeiou"
    every = [job for group in groups for job in group]
    fitting = [[j for j in level if (fold(j)[0] in "aeiou") == vowel] for level in (*kin[:1], every)]
    fake = book.drawer.pick("profession", digest, [*fitting, every], lambda j: fold(j) != single, joiner=" and ")
    return _pluralised(fake) if plural else fake


def _pluralised(noun: str) -> str:
    if noun.endswith("man"):
        return noun[:-3] + "men"
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def render(label: str, text: str, identities: PatientIdentities, policy: Policy) -> str:
    """The fake for a mention in the layout of the mention; `zip3` for a ZIP whose policy says so.

    Raises MissingIdentity (without the text) when the mention has no identity.
    """
    if label == "ZIP" and policy.action("ZIP") == "zip3":
        return zip3(text, policy.zip.restricted)
    kind, canonical = value_key(label, text)
    surrogate = identities.find(kind, canonical)
    before, core, after = edges(text)
    if label == "STATE":
        return before + _state_like(core, after, surrogate) + after
    fake = like_breaks(core, like_words(core, surrogate))
    if (
        re.search(r"['’][sS]$", core)
        and plain_form(core) != fold(core).replace("’", "'")
        and not re.search(r"['’][sS]$", fake)
    ):
        fake += core[-2:]
    return before + fake + after


def _state_like(core: str, after: str, code: str) -> str:
    row = next((r for r in pools().states if r[0] == code), None)
    if row is None:
        return like_case(core, code)
    _, name, short = row
    form = fold(core)
    if len(core) == 2 and core.isalpha():
        return code if core.isupper() else code.lower()
    if any(fold(n) == form for _, n, _ in pools().states):
        return like_breaks(core, like_case(core, name))
    if form in pools().state_codes or form + "." in pools().state_codes:
        return like_case(core, short.rstrip(".") if after.startswith(".") else short)
    return like_breaks(core, like_case(core, name))
