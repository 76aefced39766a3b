"""ZIP codes cut to three digits: 45 CFR 164.514(b)(2)(i)(B)."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources


@cache
def restricted_prefixes(which: str) -> frozenset[str]:
    """Prefixes whose ZIP codes together have 20,000 people or fewer. which: census_2000, census_2010 or union."""
    path = resources.files("deid_spark") / "data" / "pools" / "restricted_zip3.json"
    return frozenset(json.loads(path.read_text(encoding="utf-8"))[which])


def zip3(text: str, restricted: str) -> str:
    """`02139` -> `021**`; `000**` for a restricted prefix and for what cannot be read as a ZIP code."""
    digits = re.sub(r"\D", "", text)
    if len(digits) not in (5, 9) or digits[:3] in restricted_prefixes(restricted):
        return "000**"
    return f"{digits[:3]}**"
