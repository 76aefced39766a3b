"""Who is who: name parts of one patient's notes, linked over typos and short forms, each with one fake."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz.distance import OSA

from deid_spark.replace.draw import Drawer, expand
from deid_spark.replace.names import BARE, GIVEN, SURNAME, Name, likely_role, parse
from deid_spark.replace.pools import pools

SPACE = "name"
MIN_TYPO_LENGTH = 6
_LETTERS = "ABCDEFGHJKLMNPRSTW"


class NameParts:
    """All name parts of a patient with the roles that they play. Order-free: built from counts of distinct mentions."""

    def __init__(self, names: Mapping[tuple[str, str], int], sure: Iterable[str] = ()):
        """names: (label, text) -> how often. sure: parts from the patient's known values."""
        self.parsed: dict[tuple[str, str], Name] = {key: parse(key[1], key[0]) for key in sorted(names)}
        self.counts: Counter[str] = Counter()
        self.sure = set(sure)
        self.roles: dict[str, Counter[str]] = defaultdict(Counter)
        self.guesses: dict[str, Counter[str]] = defaultdict(Counter)  # what a part that stands alone is likely to be
        self.title_sex: dict[str, Counter[str]] = defaultdict(Counter)
        self.surnames_of: dict[str, set[str]] = defaultdict(set)  # given name -> surnames that it stands with
        for key, name in self.parsed.items():
            count = names[key]
            surnames = name.of(SURNAME)
            for part in name.parts:
                if part.role not in (GIVEN, SURNAME, BARE):
                    continue
                self.counts[part.canonical] += count
                self.roles[part.canonical][part.role] += count
                if part.role == BARE:
                    self.guesses[part.canonical][likely_role(part.canonical, key[0])] += count
                if part.role == GIVEN:
                    self.surnames_of[part.canonical].update(surnames)
                    if name.sex:
                        self.title_sex[part.canonical][name.sex] += count

    def is_given(self, part: str) -> bool:
        """Whether the part's fake comes from the given names: by its use in full names, then by the lists."""
        for votes in (self.roles[part], self.guesses[part]):
            if votes[GIVEN] != votes[SURNAME]:
                return votes[GIVEN] > votes[SURNAME]
        return likely_role(part, "PATIENT") == GIVEN

    def sex(self, part: str) -> str:
        titles = self.title_sex.get(part)
        if titles and titles["F"] != titles["M"]:
            return "F" if titles["F"] > titles["M"] else "M"
        known = pools().given.get(part)
        if known:
            return known.sex
        sexes = {pools().given[g].sex for g in pools().nicknames.get(part, ()) if g in pools().given}
        return sexes.pop() if len(sexes) == 1 else "U"


def is_usual(part: str) -> bool:
    """Whether the lists hold the part as a name of some frequency: such a part is nobody's typo."""
    given, surname = pools().given.get(part), pools().surnames.get(part)
    return bool((given and given.tier < 4) or (surname and surname.tier < 4))


def typo_heads(parts: NameParts, existing: Iterable[str]) -> dict[str, str]:
    """Misspelt part -> the part that was meant: one edit away, both long, the misspelt one no usual name and rarer."""
    candidates = sorted({p for p in {*parts.counts, *existing} if len(p) >= MIN_TYPO_LENGTH and p.isalpha()})
    near: dict[str, list[str]] = defaultdict(list)
    for part in candidates:
        for shorter in {part, *(part[:i] + part[i + 1 :] for i in range(len(part)))}:
            near[shorter].append(part)

    def weight(part: str) -> tuple[bool, bool, bool, int]:
        roles = parts.roles.get(part, Counter())
        in_full_name = bool(roles.get(GIVEN) or roles.get(SURNAME))
        return part in parts.sure, is_usual(part), in_full_name, parts.counts[part]

    heads: dict[str, str] = {}
    for part in candidates:
        if is_usual(part) or part in parts.sure:
            continue
        others = {q for i in range(len(part) + 1) for q in near[part[:i] + part[i + 1 :]]} - {part}
        better = [q for q in others if weight(q) > weight(part) and OSA.distance(part, q, score_cutoff=1) <= 1]
        if better:
            heads[part] = max(better, key=lambda q: (weight(q), q))
    return {part: _root(part, heads) for part in heads}


def _root(part: str, heads: Mapping[str, str]) -> str:
    while part in heads:  # weights grow strictly along the chain, so it ends
        part = heads[part]
    return part


def nickname_heads(parts: NameParts, existing: Iterable[str], typos: Mapping[str, str]) -> dict[str, str]:
    """Short form -> the given name of this patient's people that it stands for, when there is just one."""
    have = {*parts.counts, *existing}
    heads: dict[str, str] = {}
    for part in sorted(parts.counts):
        givens = {given for given in pools().nicknames.get(part, ()) if given in have and given != part}
        roles = parts.roles[part]
        if not givens or roles[SURNAME] > roles[GIVEN] + roles[BARE]:
            continue
        mine = {typos.get(s, s) for s in parts.surnames_of.get(part, ())}
        fitting = [g for g in givens if not mine or mine & {typos.get(s, s) for s in parts.surnames_of.get(g, ())}]
        if len(fitting) == 1 and pools().nicknames.get(fitting[0], frozenset()).isdisjoint({part}):
            heads[part] = fitting[0]
    return heads


def draw_parts(
    parts: NameParts, existing: Mapping[str, str], wanted: Mapping[str, str], drawer: Drawer
) -> dict[str, str]:
    """Part -> fake for every part. `existing` wins; `wanted` gives the first letter that an older initial asks for."""
    typos = typo_heads(parts, existing)
    shorts = nickname_heads(parts, existing, typos)
    fakes = dict(existing)
    for variant, head in sorted(typos.items()):  # an older row of the misspelling names the person already
        if variant in existing and head not in fakes:
            fakes[head] = existing[variant]
    for variant, head in sorted(shorts.items()):
        if variant in existing and head not in fakes:
            fakes[head] = _long_form(existing[variant], drawer)
    called_short = set(shorts.values())
    for part in sorted(parts.counts):
        if part not in fakes and part not in typos and part not in shorts:
            fakes[part] = draw_part(part, parts, wanted.get(part, ""), drawer, part in called_short)
    for variants in (shorts, typos):
        for variant, head in sorted(variants.items()):
            if variant in fakes:
                continue
            if head not in fakes:
                fakes[head] = draw_part(head, parts, wanted.get(head, ""), drawer, variants is shorts)
            fakes[variant] = _short_form(variant, fakes[head], drawer) if variants is shorts else fakes[head]
    return {part: fakes[part] for part in parts.counts}


def draw_part(part: str, parts: NameParts, wanted: str, drawer: Drawer, with_short: bool = False) -> str:
    """The fake of one part. with_short: choose a given name that has short forms, since the original's is in use."""
    digest = drawer.digest("name part", part)
    if not any(c.isalpha() for c in part):
        return _digits(part, digest, drawer)

    def ok(fake: str) -> bool:
        # Another first letter than the original's, so that initials never come out as they were.
        return fake[0].lower() == wanted.lower() if wanted else fake[0].lower() != part[0]

    levels = _levels(part, parts)
    if with_short:
        levels = [*([name for name in level if _has_short_form(name)] for level in levels[:2]), *levels]
    return drawer.pick(SPACE, digest, levels, ok)


def _has_short_form(name: str) -> bool:
    return any(len(short) > 2 for short in pools().short_forms.get(name.lower(), ()))


def _levels(part: str, parts: NameParts) -> list[list[str]]:
    if parts.is_given(part):
        sex, known = parts.sex(part), pools().given.get(part)
        by = pools().given_by
        return [by[sex, known.tier if known and known.tier < 4 else 3], by[sex, 0], by["", 0]]
    surname = pools().surnames.get(part)
    origin, tier = (surname.origin, min(surname.tier, 3)) if surname else ("o", 3)
    by = pools().surnames_by
    return [by[origin, tier], by[origin, 0], by["o", 0]]


def _digits(part: str, digest: bytes, drawer: Drawer) -> str:
    for attempt in range(1000):
        mixed = expand(digest, f"digits-{attempt}")
        fake = "".join(str(b % 10) for b in (mixed * (len(part) // 32 + 1))[: len(part)])
        if drawer.is_free(SPACE, fake):
            break
    drawer.take(SPACE, fake)
    return fake


def _short_form(short: str, fake: str, drawer: Drawer) -> str:
    """A short form of the fake given name, or the fake itself when it has none that is free."""
    for candidate in pools().short_forms.get(fake.casefold(), ()):
        if candidate[0].lower() != short[0] and drawer.is_free(SPACE, candidate) and len(candidate) > 2:
            drawer.take(SPACE, candidate)
            return candidate
    return fake


def _long_form(short_fake: str, drawer: Drawer) -> str:
    """The given name that an older short-form surrogate belongs to, or that surrogate itself."""
    for given in sorted(pools().nicknames.get(short_fake.casefold(), ())):
        row = pools().given.get(given)
        if row and row.drawn and drawer.is_free(SPACE, row.name):
            drawer.take(SPACE, row.name)
            return row.name
    return short_fake


def draw_letters(letters: str, digest: bytes) -> str:
    """Fake initials for somebody whose name is nowhere: letters other than the originals."""
    fake = ""
    for i, letter in enumerate(letters):
        choices = [c for c in _LETTERS if c.lower() != letter]
        fake += choices[digest[i % len(digest)] % len(choices)]
    return fake
