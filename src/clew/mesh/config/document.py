"""From text to YAML nodes, which know their lines. JSON is read as the YAML it is."""

from __future__ import annotations

import re

import yaml

from clew.mesh.naming.scanner import ParseError

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class NotYaml(Exception):
    """Text that has no structure: what is wrong, and on which line (1 is the first)."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


def compose(text: str) -> yaml.Node | None:
    """The root node; None when there is nothing in the text. Raises NotYaml."""
    if text.lstrip().startswith("{"):
        # a tab is white space in JSON, cannot stand in a JSON string, and is refused by YAML
        text = text.replace("\t", " ")
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(filter(None, (error.context, error.problem)))
        raise NotYaml(mark.line + 1 if mark else 1, problem) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"a character that YAML does not allow: {error.character!r}") from error
    except RecursionError as error:
        raise NotYaml(1, "nested too deep") from error


def line_of(node: yaml.Node) -> int:
    """The line on which the node begins; 1 is the first."""
    return int(node.start_mark.line) + 1


def line_in(text: str, node: yaml.ScalarNode, error: ParseError) -> int:
    """The line of the file in which the value of ``node`` cannot be read.

    YAML folds lines and takes indentation away, but leaves every other character of a value.
    """
    start, end = node.start_mark, node.end_mark
    lines = _LINE_BREAK.split(text)[start.line : end.line + 1]
    quoted = node.style in ("'", '"')
    lines[0] = "" if node.style in ("|", ">") else lines[0][start.column + quoted :]
    wanted = _ink(error.text[: error.offset + 1])
    for number, line in enumerate(lines):
        wanted -= _ink(line)
        if wanted <= 0 and line:
            return int(start.line) + 1 + number
    return line_of(node)


def _ink(text: str) -> int:
    return len("".join(text.split()))
