from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from clew.check import run
from clew.check.finding import Finding, ok, problem, warning
from clew.cli import check


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([ok("a", "seen")], 0),
        ([ok("a", "seen"), warning("b", "odd", "look")], 0),
        ([problem("c", "bad", "do"), ok("a", "seen")], 1),
    ],
)
def test_a_problem_is_exit_code_1(
    found: list[Finding], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "examine", lambda here, file: iter(found))
    done = CliRunner().invoke(check.command, ["--json"])
    assert done.exit_code == code
    document = json.loads(done.stdout)
    assert document["ok"] is (code == 0)
    assert [each["seen"] for each in document["findings"]] == [each.seen for each in found]


def test_a_line_for_what_was_seen_and_one_for_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [ok("dns", "it answers"), problem("image", "[x] is not there", "push " + "x" * 200)]
    monkeypatch.setattr(check, "examine", lambda here, file: iter(found))
    done = CliRunner().invoke(check.command, [])
    assert done.stdout == (
        f"ok       dns: it answers\nPROBLEM  image: [x] is not there\n         → push {'x' * 200}\n"
    )


def test_the_namespace_of_the_pod_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[run.Here] = []

    def looked(here: run.Here, file: object) -> list[Finding]:
        asked.append(here)
        return []

    monkeypatch.setattr(check, "examine", looked)
    monkeypatch.setenv("POD_NAMESPACE", "tracing")
    CliRunner().invoke(check.command, [])
    CliRunner().invoke(check.command, ["--namespace=other"])
    assert [here.namespace for here in asked] == ["tracing", "other"]


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--namespace=A B", "'A B' is no name: lower case, digits and dashes"),
        ("--namespace=", "'' is no name"),
        ("--traces=localhost:9411", "'localhost:9411' is no URL: such as http://localhost:9411"),
    ],
)
def test_what_cannot_be_looked_at_is_refused_before_anything_is(flag: str, said: str) -> None:
    done = CliRunner().invoke(check.command, [flag])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
