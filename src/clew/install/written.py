"""Kubernetes objects as the YAML that people write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml


def written(object: Mapping[str, Any]) -> str:
    """Fields in their order, and ended by a line break."""
    return yaml.dump(object, Dumper=_Dumper, sort_keys=False, width=1000)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stay readable, and nothing is written as a reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
# objects may be dicts of a class of their own
_Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
