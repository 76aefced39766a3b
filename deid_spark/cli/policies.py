"""`deid-spark policies [NAME]`: the shipped policies side by side, or one policy checked and shown whole."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deid_spark.cli.console import errors_explained
from deid_spark.labels import HIPAA_CATEGORY, LABELS
from deid_spark.policy import Policy, load_policy, policy_names
from deid_spark.terminal import out

# What a reader looks for first: which identifiers stay, which vanish.
_STYLES = {"keep": "yellow", "redact": "red", "surrogate": "green"}
_ABOUT = {"name", "description", "citation", "version", "actions"}


def policies(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME|PATH]", help="One policy, or a TOML file to check")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON")] = False,
) -> None:
    """Show what each policy does to each label. A file is checked whole; every problem is listed.

    Exit codes: 0 the policy is right, 2 it is not.
    """
    with errors_explained():
        shown = [load_policy(name)] if name else [load_policy(shipped) for shipped in policy_names()]
        if as_json:
            found = [policy.model_dump(mode="json") | {"fingerprint": policy.fingerprint} for policy in shown]
            print(json.dumps(found[0] if name else found))
            return
        console = out()
        for policy in shown:
            _about(policy, console)
        console.print(_actions(shown))
        if name:
            console.print(_settings(shown[0]))


def _about(policy: Policy, console: Console) -> None:
    cited = f" ({policy.citation})" if policy.citation else ""
    console.print(Text.assemble((policy.name, "bold"), f"{cited}: {policy.description}"))


def _actions(shown: list[Policy]) -> Table:
    table = Table(caption="§ is the paragraph of 45 CFR 164.514(b)(2)(i) that lists the label", caption_justify="left")
    table.add_column("label", no_wrap=True)
    table.add_column("§", justify="center")
    for policy in shown:
        table.add_column(policy.name, no_wrap=True)
    for label in LABELS:
        cells = [Text(action := policy.action(label), style=_STYLES.get(action, "cyan")) for policy in shown]
        table.add_row(label, HIPAA_CATEGORY[label] or "", *cells)
    return table


def _settings(policy: Policy) -> Table:
    table = Table()
    table.add_column("setting", no_wrap=True)
    table.add_column("value")
    for section, values in policy.model_dump(mode="json", exclude=_ABOUT).items():
        for key, value in values.items():
            table.add_row(f"{section}.{key}", Text(_plain(value)))
    table.add_row("version", str(policy.version))
    table.add_row("fingerprint", policy.fingerprint)
    return table


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
