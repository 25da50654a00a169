"""Write docs/config.md from the structs that read the linker file; run it after changing one."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec

import clew.mesh.config
from clew.mesh.config.section import KindSection, NotYet, Section

PAGE = Path(__file__).parents[1] / "docs/config.md"
HEAD = """\
# The linker file

`clew mesh FILE` takes a Linkerd 1.x file, YAML or JSON, as Linkerd does. Every key that Linkerd's
`http` and `h2` routers have is known; a key, a kind or a value that is not is an error with its
line and the nearest right word. This page is made from the code that reads the file.

A key marked *no effect* is accepted so that old files run, and `clew mesh` says so in its log. A
key or kind marked *not yet* is refused with a sentence. What else is here or differs is in [what of
Linkerd 1.x is here](linkerd.md).

The last three parts are those of a [namerd](namerd.md) file.
"""
GROUPS = {
    "linker": "The file",
    "admin": "admin",
    "namers": "namers",
    "telemetry": "telemetry",
    "router": "routers",
    "server": "routers.servers",
    "identifiers": "routers.identifier",
    "interpreter": "routers.interpreter",
    "transformers": "transformers",
    "service": "routers.service",
    "client": "routers.client",
    "classifier": "responseClassifier",
    "retries": "retries and requeueBudget",
    "failure_accrual": "failureAccrual",
    "load_balancer": "loadBalancer",
    "forwarded": "addForwardedHeader",
    "sockets": "sessions and sockets",
    "tls": "tls",
    "authority": "authority",
    "zookeeper": "zkAddrs",
    "usage": "usage",
    "namerd": "The namerd file",
    "storage": "storage of namerd",
    "interfaces": "interfaces of namerd",
}


def page() -> str:
    """The whole text."""
    return "\n".join([HEAD, *(text for name in GROUPS for text in group(name))])


def group(name: str) -> Iterator[str]:
    """The sections of one module, under one heading."""
    module = importlib.import_module(f"clew.mesh.config.{name}")
    yield f"## {GROUPS[name]}\n"
    for value in vars(module).values():
        own = inspect.isclass(value) and value.__module__ == module.__name__
        if own and issubclass(value, Section) and not value.__name__.startswith("_"):
            yield from section(value)
    for kind, instead in not_yet(module):
        yield f"### `{kind}`\n\n*Not yet*: {instead}.\n"


def section(struct: type[Section]) -> Iterator[str]:
    """One struct: its heading, what it is, its keys."""
    config = struct.__struct_config__
    yield f"### `{config.tag}`\n" if config.tag else f"### {struct.__name__}\n"
    yield f"{inspect.cleandoc(struct.__doc__ or '')}\n"
    if struct.idle:
        yield f"*No effect*: {struct.idle}.\n"
    told = field_docs(struct)
    rows = [
        f"| `{field.encode_name}` | {default(field)} | {meaning(struct, field.name, told)} |"
        for field in msgspec.structs.fields(struct)
        if field.name != "experimental" or not issubclass(struct, KindSection)
    ]
    if rows:
        yield "\n".join(["| key | default | meaning |", "|---|---|---|", *rows]) + "\n"


def meaning(struct: type[Section], name: str, told: dict[str, str]) -> str:
    """What a key does, or why it does nothing."""
    if why := struct.no_effect.get(name):
        return f"*no effect*: {why}"
    if instead := struct.not_yet.get(name):
        return f"*not yet*: {instead}"
    return told.get(name, "").replace("``", "`").replace("|", "\\|")


def default(field: msgspec.structs.FieldInfo) -> str:
    """The default as the file would write it; required keys say so."""
    value = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        value = field.default_factory()
    if value is msgspec.NODEFAULT:
        return "*required*"
    if value is None or value in ((), {}) or isinstance(value, Section):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def field_docs(struct: type) -> dict[str, str]:
    """The strings under the fields of a class and of those that it inherits from."""
    told: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if base.__module__.startswith("clew."):
            body = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
            assert isinstance(body, ast.ClassDef)
            for field, after in zip(body.body, body.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
                    text = ast.literal_eval(after.value)
                    told[ast.unparse(field.target)] = " ".join(inspect.cleandoc(text).split())
    return told


def not_yet(module: ModuleType) -> Iterator[tuple[str, str]]:
    """Kinds of the module's own unions that Linkerd has and clew does not have yet."""
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, ast.Assign):
            value = getattr(module, ast.unparse(statement.targets[0]), None)
            for note in getattr(value, "__metadata__", ()):
                if isinstance(note, NotYet):
                    yield from note.instead.items()


def unlisted() -> set[str]:
    """Modules that hold sections and are in no group."""
    found = set()
    for info in pkgutil.iter_modules(clew.mesh.config.__path__):
        module = importlib.import_module(f"clew.mesh.config.{info.name}")
        for value in vars(module).values():
            own = inspect.isclass(value) and value.__module__ == module.__name__
            if own and issubclass(value, Section) and value not in (Section, KindSection):
                found.add(info.name)
    return found - set(GROUPS)


if __name__ == "__main__":
    PAGE.write_text(page())
