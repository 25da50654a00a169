from __future__ import annotations

from clew.mesh.binding.steps import Steps, run


def total(numbers: list[int], start: int) -> Steps[int]:
    if start == len(numbers):
        return 0
    return numbers[start] + (yield total(numbers, start + 1))


def fibonacci(n: int) -> Steps[int]:
    if n < 2:
        return n
    return (yield fibonacci(n - 1)) + (yield fibonacci(n - 2))


def test_goes_deeper_than_the_stack() -> None:
    assert run(total(list(range(100_000)), 0)) == sum(range(100_000))


def test_each_call_gets_its_own_result() -> None:
    assert [run(fibonacci(n)) for n in range(10)] == [0, 1, 1, 2, 3, 5, 8, 13, 21, 34]
