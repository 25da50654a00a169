"""Binding in a router: here, or by the namerd that it has instead."""

from __future__ import annotations

from collections.abc import Sequence

from clew.mesh.binding.binder import bind
from clew.mesh.binding.outcome import Binding
from clew.mesh.binding.rules import NamerRule
from clew.mesh.binding.transformers import Transformer
from clew.mesh.config.interpreter import NamerdInterpreter
from clew.mesh.config.router import AnyRouter
from clew.mesh.naming.answer import Answers
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.naming.remote import RemoteName, remote_root


def bind_in(
    router: AnyRouter,
    name: Path,
    dtab: Dtab,
    rules: Sequence[NamerRule],
    answers: Answers,
    transformers: Sequence[Transformer],
) -> Binding:
    """As :func:`bind`. A namerd is a namer that answers for table and name as one path."""
    if isinstance(router.interpreter, NamerdInterpreter):
        root = remote_root(router.label)
        asked = RemoteName(dtab, name).under(root)
        return bind(asked, Dtab(), (NamerRule(root),), answers, transformers)
    return bind(name, dtab, rules, answers, transformers)
