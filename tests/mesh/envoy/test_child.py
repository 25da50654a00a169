from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from clew.mesh.envoy.child import as_child, describe_end


@pytest.mark.parametrize(
    ("status", "words"),
    [(1, "it exited with status 1"), (-9, "it was killed by SIGKILL")],
)
def test_the_end_of_a_process_is_told_in_words(status: int, words: str) -> None:
    assert describe_end(status) == words


def test_arguments_and_exit_status_pass_through() -> None:
    script = "import sys; print(sys.argv[1:]); sys.exit(3)"
    command = as_child([sys.executable, "-c", script, "a b", "", "-x"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "['a b', '', '-x']\n")


def test_it_may_open_as_many_files_as_the_system_allows() -> None:
    script = "import resource; print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    command = as_child([sys.executable, "-c", script])
    done = subprocess.run(
        ["sh", "-c", 'ulimit -Sn 64; exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    soft, hard = done.stdout.split()
    assert soft == hard != "64"


def test_a_command_that_is_not_there_is_named() -> None:
    done = subprocess.run(
        as_child(["/no/such/program"]), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "/no/such/program: No such file or directory\n")


def test_it_is_refused_from_a_thread_whose_end_would_kill_the_child() -> None:
    refused: list[BaseException] = []

    def spawn() -> None:
        try:
            as_child(["true"])
        except AssertionError as error:
            refused.append(error)

    thread = threading.Thread(target=spawn)
    thread.start()
    thread.join()
    assert len(refused) == 1


def test_a_child_started_from_a_loop_in_the_main_thread_lives_on() -> None:
    async def run() -> int:
        child = await asyncio.create_subprocess_exec(*as_child(["true"]))
        return await child.wait()

    assert asyncio.run(run()) == 0
