"""docs/ speaks of everything a user can type, and the README's links lead somewhere."""

import importlib
import re
from pathlib import Path

import click
import pytest

from clew.cli.main import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/**/*.md")]


def headings(page: str) -> list[str]:
    return re.findall(r"^#+ (.*)$", (ROOT / "docs" / page).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_flag_has_a_heading(name: str) -> None:
    command: click.Command = importlib.import_module(COMMANDS[name][0]).command
    flags = [max(p.opts, key=len) for p in command.params if isinstance(p, click.Option)]
    told = headings("commands.md")

    assert f"`clew {name}`" in told
    missing = [flag for flag in flags if not any(f"`{name} {flag}" in line for line in told)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())

    assert [target for target in targets if not (page.parent / target).exists()] == []
