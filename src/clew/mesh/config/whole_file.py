"""A file from its first character to the struct that it is: what linker and namerd files share."""

from __future__ import annotations

from typing import TypeVar

from clew.mesh.config.document import NotYaml, compose
from clew.mesh.config.problems import ConfigError, Problem
from clew.mesh.config.reader import Reader
from clew.mesh.config.section import Section

Whole = TypeVar("Whole", bound=Section)


def read_whole(text: str, source: str, cls: type[Whole], needs: str) -> Whole:
    """``source`` is the file's name in messages, ``needs`` says what an empty one lacks.

    It is JSON when it begins with a brace, else YAML. Raises ConfigError with all problems.
    """
    try:
        root = compose(text)
    except NotYaml as error:
        raise ConfigError(source, [Problem(error.line, error.problem)]) from error
    if root is None:
        raise ConfigError(source, [Problem(1, "the file is empty", f"it needs {needs}")])
    reader = Reader(text)
    whole = reader.read(root, cls, "")
    if reader.problems:
        raise ConfigError(source, reader.problems)
    assert isinstance(whole, cls)
    return whole
