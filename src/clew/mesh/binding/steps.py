"""Recursion without the stack: dtabs come with requests and may nest deeper than Python goes."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

R = TypeVar("R")

Steps = Generator["Steps[R]", R, R]
"""A recursive function: instead of calling itself it yields the call and gets the result back."""


def run(steps: Steps[R]) -> R:
    """What the function returns."""
    stack = [steps]
    result: R | None = None
    while True:
        try:
            # None starts a generator; a started one gets the result that it waits for
            stack.append(stack[-1].send(result))  # type: ignore[arg-type]
            result = None
        except StopIteration as done:
            stack.pop()
            returned: R = done.value
            if not stack:
                return returned
            result = returned
