"""Types of keys, taken apart for the reader."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True, slots=True)
class Shape:
    """A type as the reader needs it: without Optional, with what stands beside it."""

    type: Any
    extras: tuple[Any, ...]

    @staticmethod
    def of(hint: Any) -> Shape:
        extras: list[Any] = []
        while True:
            if typing.get_origin(hint) is Annotated:
                hint, *beside = typing.get_args(hint)
                extras += beside
            elif isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
                args = [arg for arg in typing.get_args(hint) if arg is not types.NoneType]
                if len(args) > 1:
                    return Shape(tuple(args), tuple(extras))
                (hint,) = args
            else:
                return Shape(hint, tuple(extras))

    def extra(self, kind: type[Any]) -> Any:
        """What of this kind stands beside the type; None when nothing does."""
        return next((extra for extra in self.extras if isinstance(extra, kind)), None)
