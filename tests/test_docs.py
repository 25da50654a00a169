"""docs/ speaks of everything a user can type, and the README's links lead somewhere."""

import importlib
import re
from pathlib import Path

import click
import pytest
from scripts import config_reference

from clew.cli.main import COMMANDS
from clew.demo.helloworld_settings import FLAGS

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/**/*.md")]


def headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_flag_has_a_heading(name: str) -> None:
    command: click.Command = importlib.import_module(COMMANDS[name][0]).command
    flags = [max(p.opts, key=len) for p in command.params if isinstance(p, click.Option)]
    if name == "helloworld":  # its flags are Go's
        flags = [f"-{flag.name}" for flag in FLAGS]
    told = headings("commands.md")

    assert f"`clew {name}`" in told
    missing = [flag for flag in flags if f"`clew {name} {flag}`" not in told]
    assert missing == []


def test_the_page_of_the_linker_file_is_as_the_code_reads_it() -> None:
    assert config_reference.unlisted() == set()
    assert (ROOT / "docs/config.md").read_text() == config_reference.page()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_variable_that_the_trace_server_reads_is_in_its_table() -> None:
    source = (ROOT / "src/clew/cli/zipkin_environment.py").read_text()
    variables = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', source))
    told = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs/traces.md").read_text()))

    assert variables - told == set()


@pytest.mark.parametrize("page", ["linkerd.md", "zipkin.md"])
def test_what_a_page_says_is_held_by_tests_that_are_there(page: str) -> None:
    rows = re.findall(r"^\|(?!---).*\|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)[1:]
    named = [re.findall(r"`(\S+\.py)::(\w+)`", row) for row in rows]
    missing = [
        f"{file}::{test}"
        for tests in named
        for file, test in tests
        if f"def {test}(" not in (ROOT / file).read_text()
    ]

    assert [row for row, tests in zip(rows, named, strict=True) if not tests] == []
    assert missing == []
