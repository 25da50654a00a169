from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clew.demo.processes import Child, ChildDied, NotReady, PortInUse, Probe, Processes, check_ports
from clew.errors import ClewError

WAITS = "import signal, time; print('up', flush=True); time.sleep(600)"


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


async def at_once() -> bool:
    return True


async def never() -> bool:
    return False


def when_exists(path: Path) -> Probe:
    async def ready() -> bool:
        return os.path.exists(path)  # noqa: ASYNC240 - as quick as it gets

    return ready


def alive(pid: int) -> bool:
    """A zombie is not: in a container without an init nobody may reap an orphan."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.split()[2] != "Z"


async def until_dead(pid: int) -> None:
    while alive(pid):  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.02)


def writes_pid(path: Path, then: str = "import time; time.sleep(600)") -> list[str]:
    """Announces itself by a file that appears whole."""
    return python(
        f"import os; open({str(path) + '.new'!r}, 'w').write(str(os.getpid()));"
        f"os.rename({str(path) + '.new'!r}, {str(path)!r}); {then}"
    )


def test_start_returns_when_the_child_is_ready_and_nothing_is_left_at_the_end(
    tmp_path: Path,
) -> None:
    pid_file = tmp_path / "pid"

    async def run() -> int:
        async with Processes() as processes:
            await processes.start(Child("app", writes_pid(pid_file), when_exists(pid_file)))
            pid = int(pid_file.read_text(encoding="ascii"))
            assert alive(pid)
        return pid

    assert not alive(asyncio.run(run()))


def test_the_environment_is_ours_with_the_childs_over_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OURS", "1")
    monkeypatch.setenv("BOTH", "ours")
    script = "import os; print(os.environ['OURS'], os.environ['BOTH'])"

    async def run() -> None:
        async with Processes() as processes:
            await processes.start(Child("app", python(script), never, environ={"BOTH": "child's"}))

    with pytest.raises(ChildDied) as died:
        asyncio.run(run())
    assert died.value.last_lines == ("1 child's",)


def test_a_child_runs_where_it_is_told(tmp_path: Path) -> None:
    script = "import os; print(os.getcwd())"

    async def run() -> None:
        async with Processes() as processes:
            await processes.start(Child("app", python(script), never, directory=tmp_path))

    with pytest.raises(ChildDied) as died:
        asyncio.run(run())
    assert died.value.last_lines == (str(tmp_path.resolve()),)


def test_output_is_passed_on_line_by_line_with_the_childs_name() -> None:
    heard: list[tuple[str, str]] = []
    script = "import sys; print('one'); print('two', file=sys.stderr)"

    async def run() -> None:
        async with Processes(echo=lambda name, line: heard.append((name, line))) as processes:
            await processes.start(Child("app", python(script), never))

    with pytest.raises(ChildDied):
        asyncio.run(run())
    assert sorted(heard) == [("app", "one"), ("app", "two")]


def test_a_child_that_ends_while_it_starts_is_shown_with_its_last_lines() -> None:
    script = "for i in range(100): print(i)\nraise SystemExit(7)"

    async def run() -> None:
        async with Processes() as processes:
            await processes.start(Child("traces", python(script), never))

    with pytest.raises(ChildDied) as died:
        asyncio.run(run())
    assert (died.value.name, died.value.status) == ("traces", 7)
    assert died.value.last_lines == tuple(str(i) for i in range(80, 100))
    assert str(died.value).startswith("traces ended: it exited with status 7\n  80\n  81\n")


def test_a_child_that_dies_later_is_noticed() -> None:
    async def run() -> None:
        async with Processes() as processes:
            await processes.start(Child("app", python(WAITS), at_once))
            await processes.start(Child("mesh", python("import time; time.sleep(0.2)"), at_once))
            await processes.watch()

    with pytest.raises(ChildDied, match="mesh ended: it exited with status 0"):
        asyncio.run(run())


def test_a_child_that_is_killed_while_another_starts_ends_the_start(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    async def run() -> None:
        async with Processes() as processes:
            await processes.start(Child("app", writes_pid(pid_file), when_exists(pid_file)))
            pid = int(pid_file.read_text(encoding="ascii"))
            asyncio.get_running_loop().call_later(0.1, os.kill, pid, signal.SIGKILL)
            await processes.start(Child("mesh", python(WAITS), never))

    with pytest.raises(ChildDied, match="app ended: it was killed by SIGKILL"):
        asyncio.run(run())


def test_a_child_that_never_gets_ready_is_named() -> None:
    async def run() -> None:
        async with Processes() as processes:
            await processes.start(Child("mesh", python(WAITS), never, ready_within=0.5))

    with pytest.raises(NotReady, match=r"mesh was not ready after 0\.5 s"):
        asyncio.run(run())


def test_children_are_stopped_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    order = tmp_path / "order"

    def notes_its_end(name: str) -> Child:
        up = tmp_path / name
        script = (
            "import pathlib, signal, sys, time\n"
            "def end(*_):\n"
            f"    open({str(order)!r}, 'a').write('{name} ')\n"
            "    sys.exit()\n"
            "signal.signal(signal.SIGTERM, end)\n"
            f"pathlib.Path({str(up)!r}).touch()\n"
            "time.sleep(600)\n"
        )
        return Child(name, python(script), when_exists(up))

    async def run() -> None:
        async with Processes() as processes:
            for name in ("traces", "mesh", "hello"):
                await processes.start(notes_its_end(name))

    asyncio.run(run())
    assert order.read_text(encoding="ascii") == "hello mesh traces "


def test_a_child_that_ignores_sigterm_is_killed_after_its_grace_with_its_own_children(
    tmp_path: Path,
) -> None:
    grandchild = tmp_path / "grandchild"
    script = (
        "import signal, subprocess, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"subprocess.Popen({writes_pid(grandchild)!r})\n"
        "time.sleep(600)\n"
    )

    async def run() -> None:
        async with Processes() as processes:
            child = Child("stubborn", python(script), when_exists(grandchild), grace=0.2)
            await processes.start(child)
        await until_dead(int(grandchild.read_text(encoding="ascii")))

    asyncio.run(run())


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    parent = (
        "import asyncio, pathlib, sys\n"
        "from clew.demo.processes import Child, Processes\n"
        f"pid_file = pathlib.Path({str(pid_file)!r})\n"
        "async def ready(): return pid_file.exists()\n"
        "async def main():\n"
        "    async with Processes() as processes:\n"
        f"        await processes.start(Child('app', {writes_pid(pid_file)!r}, ready))\n"
        "        print('ready', flush=True)\n"
        "        await processes.watch()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(python(parent), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        child = int(pid_file.read_text(encoding="ascii"))
        assert alive(child)
        process.kill()
    asyncio.run(until_dead(child))


def test_a_port_of_another_program_is_named_with_the_remedy() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            check_ports([("127.0.0.1", 0), ("127.0.0.1", port)])
    assert str(refused.value) == (
        f"127.0.0.1:{port} is already in use by another program (stop it or use --port-offset 1000)"
    )


def test_an_address_that_is_not_ours_is_no_port_in_use() -> None:
    with pytest.raises(ClewError, match=r"192\.0\.2\.1:0 cannot be listened on: ") as refused:
        check_ports([("192.0.2.1", 0)])
    assert not isinstance(refused.value, PortInUse)


def test_a_port_whose_last_connection_was_closed_by_the_server_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # with SO_REUSEADDR, as servers do
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # closes first, so its side waits in TIME_WAIT
            assert client.recv(1) == b""
    check_ports([("127.0.0.1", port)])
