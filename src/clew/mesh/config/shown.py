"""A linker file as ``/config.json`` shows it: by the file's own keys, with its defaults. Pure."""

from __future__ import annotations

from typing import Any

import msgspec


def shown(value: object) -> Any:
    """The value as JSON can hold it; names, dtabs and patterns as they are written in the file."""
    match value:
        case msgspec.Struct():
            config = value.__struct_config__
            tag = {config.tag_field: config.tag} if config.tag_field else {}
            return tag | {
                field.encode_name: shown(getattr(value, field.name))
                for field in msgspec.structs.fields(value)
            }
        case tuple():
            return [shown(each) for each in value]
        case dict():
            return {str(key): shown(each) for key, each in value.items()}
        case None | bool() | int() | float():
            return value
    return str(value)
