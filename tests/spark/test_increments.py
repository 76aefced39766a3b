"""Reruns, increments, corrections, withdrawals and killed runs: DESIGN invariant 7."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deid_spark.policy import load_policy
from deid_spark.spark.delta import Tables
from tests.spark.notes import ANNA_1, ANNA_2, BARE, NOTES, note

TABLES = (
    "secure.spans",
    "secure.mentions",
    "secure.detections",
    "secure.identities",
    "secure.patients",
    "secure.provenance",
    "secure.releases",
    "release.notes",
)
STAMPS = ("run_id", "first_run")


def contents(table: Callable, out: str = "out") -> dict:
    return {name: table(name, without=STAMPS, out=out) for name in TABLES}


def by_source(table: Callable) -> dict[str, dict]:
    """Source note_id -> released row."""
    released = {row["note_id"]: row for row in table("release.notes")}
    return {row["note_id"]: released[row["released_note_id"]] for row in table("secure.releases")}


def test_reruns_change_nothing(run, table, versions) -> None:
    first = run(NOTES, run={"id": "monday"})
    before, commits = contents(table), versions()
    again = run(NOTES, run={"id": "monday"})
    assert (again.counts, again.labels) == (first.counts, first.labels)
    assert len(table("audit.runs")) == 1
    other = run(NOTES, run={"id": "tuesday"})
    assert (other.counts["detected_notes"], other.counts["released_notes"]) == (0, 0)
    assert (contents(table), versions()) == (before, commits)


def test_an_increment_processes_only_what_is_new(run, table) -> None:
    run(NOTES[:3], run={"id": "monday"}, source={"mode": "append"})
    before = by_source(table)
    summary = run([BARE, note("n9", "p9", "Seen on 4/5/2024.")], run={"id": "tuesday"}, source={"mode": "append"})
    assert summary.counts["detected_notes"] == summary.counts["released_notes"] == 2
    after = by_source(table)
    assert {k: after[k] for k in before} == before
    assert set(after) == {"n1", "n2", "n3", "n5", "n9"}
    assert {row["run_id"] for row in table("secure.releases")} == {"monday", "tuesday"}


def test_a_correction_reaches_every_release_and_a_withdrawal_leaves_them(run, table) -> None:
    run(NOTES)
    run(NOTES, policy="redact")
    assert len(table("release.notes")) == 2 * len(NOTES)
    corrected = [{**ANNA_1, "text": ANNA_1["text"].replace("(617) 384-2291", "her home")}, BARE]  # n2, n3, n4 are gone
    run(corrected)
    # The corrected note's release under the other policy is taken back at once, and comes back with that policy's run.
    assert sorted(row["policy"] for row in table("release.notes")) == ["redact", "surrogate", "surrogate"]
    run(corrected, policy="redact")
    rows = table("release.notes")
    assert sorted(row["policy"] for row in rows) == ["redact"] * 2 + ["surrogate"] * 2
    assert len({row["note_id"] for row in rows}) == 2
    assert len([row for row in rows if "Call her home." in row["text"]]) == 2
    for name in ("secure.spans", "secure.mentions", "secure.provenance", "secure.detections", "secure.releases"):
        assert {row["note_id"] for row in table(name)} <= {"n1", "n5"}, name
    assert not [row for row in table("secure.spans") if row["label"] == "PHONE"]
    # A patient whose notes are all withdrawn leaves no identities.
    for name in ("secure.identities", "secure.patients"):
        assert {row["patient_id"] for row in table(name)} == {"p1", "p3"}, name


def test_a_flag_withdraws_in_append_mode_and_absence_does_not(run, table) -> None:
    source = {"mode": "append", "withdrawn_column": "gone"}
    run([{**row, "gone": False} for row in NOTES], source=source)
    run([{**ANNA_2, "gone": True}], source=source)
    assert set(by_source(table)) == {"n1", "n3", "n4", "n5"}
    assert "n2" not in {row["note_id"] for name in ("secure.spans", "secure.provenance") for row in table(name)}


def test_a_name_learnt_later_is_found_in_notes_released_before(run, table) -> None:
    quiet = note("q1", "p7", "the wife, zoraquinta, was not at home.")
    run([quiet], run={"id": "monday"})
    summary = run(
        [quiet, note("q2", "p7", "Patient Name: Zoraquinta Vandermolenaar\nMRN: 55120983\n", 12)], run={"id": "tuesday"}
    )
    assert summary.counts["detected_notes"] == 1
    assert summary.counts["released_notes"] == 2
    assert "zoraquinta" not in by_source(table)["q1"]["text"]


def test_another_policy_of_the_same_name_releases_all_again(run, table, tmp_path: Path) -> None:
    run(NOTES)
    policy = tmp_path / "surrogate.toml"
    text = (Path(__file__).parents[2] / "deid_spark/conf/policies/surrogate.toml").read_text(encoding="utf-8")
    policy.write_text(text.replace('DATE = "shift"', 'DATE = "redact"'), encoding="utf-8")
    assert load_policy(policy).fingerprint != load_policy("surrogate").fingerprint
    summary = run(NOTES, policy=str(policy))
    assert (summary.counts["detected_notes"], summary.counts["released_notes"]) == (0, len(NOTES))
    assert {row["policy_fingerprint"] for row in table("release.notes")} == {load_policy(policy).fingerprint}
    assert {row["policy_fingerprint"] for row in table("secure.provenance")} == {load_policy(policy).fingerprint}


class Killed(BaseException):
    """Stands for a killed driver: no `except Exception` may swallow it."""


def test_a_run_killed_at_any_write_is_finished_by_the_next(run, table, tmp_path: Path, monkeypatch) -> None:
    run(NOTES, output={"path": str(tmp_path / "clean")})
    want = contents(table, out="clean")
    append = Tables.append
    written: list[str] = []

    def killed_after(limit: int) -> Callable:
        def _append(self: Tables, name: str, df) -> None:
            if len(written) == limit:
                raise Killed
            append(self, name, df)
            written.append(name)

        return _append

    for limit in (1, 3, 1, 2, 1, 2):  # the next run finds what the one before it has left
        written.clear()
        monkeypatch.setattr(Tables, "append", killed_after(limit))
        with pytest.raises(Killed):
            run(NOTES)
        monkeypatch.setattr(Tables, "append", append)
        detected = {row["note_id"] for row in table("secure.detections")}
        assert {row["note_id"] for row in table("secure.releases")} <= detected
    run(NOTES)
    assert contents(table) == want


def test_random_crosswalk_is_drawn_once_and_kept(run, table, tmp_path: Path) -> None:
    policy = tmp_path / "strict.toml"
    text = (Path(__file__).parents[2] / "deid_spark/conf/policies/surrogate.toml").read_text(encoding="utf-8")
    assert "[crosswalk]" not in text
    text = text.replace('name = "surrogate"', 'name = "strict"') + '\n[crosswalk]\nmode = "random"\n'
    policy.write_text(text, encoding="utf-8")
    run(NOTES[:3], policy=str(policy))
    before, identities = by_source(table), table("secure.identities")
    run(NOTES, policy=str(policy))
    after = by_source(table)
    assert {after[k]["text"] for k in ("n1", "n2")} == {before[k]["text"] for k in ("n1", "n2")}
    assert [row for row in table("secure.identities") if row in identities] == identities
    assert after["n1"]["patient_id"] == after["n2"]["patient_id"] != "p1"
    run(NOTES[:3], policy=str(policy), output={"path": str(tmp_path / "other")})
    other = {row["note_id"]: row for row in table("release.notes", out="other")}
    assert not {row["note_id"] for row in before.values()} & set(other)  # drawn, not derived
