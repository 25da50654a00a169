"""What ``make`` says when something is missing, before it installs anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ENVIRONMENT = Path(__file__).parents[1] / "scripts/environment"
MUSL = "#!/bin/sh\necho 'musl libc (x86_64)'; exit 1"


def run(tmp_path: Path, tools: dict[str, str], **env: str) -> subprocess.CompletedProcess[str]:
    for name, text in tools.items():
        tool = tmp_path / name
        tool.write_text(text)
        tool.chmod(0o755)
    # a copy, in a tree where nothing can be installed whatever the script does
    script = tmp_path / "scripts/environment"
    script.parent.mkdir()
    shutil.copy(ENVIRONMENT, script)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [script, "run"],
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("tools", "env", "sentence"),
    [
        ({}, {"PYTHON": "no-such-python"}, "Python 3.11 or later is needed"),
        ({"ldd": MUSL}, {}, "Alpine (musl) has no wheels"),
        ({"uname": "#!/bin/sh\necho Darwin"}, {}, "macOS has no wheel of Envoy"),
        ({"uname": "#!/bin/sh\necho MINGW64_NT"}, {}, "on Windows: WSL 2"),
        (
            {"uname": '#!/bin/sh\n[ "$1" = -s ] && echo Linux || echo riscv64'},
            {},
            "riscv64 has no wheels",
        ),
    ],
)
def test_says_what_is_missing(
    tmp_path: Path, tools: dict[str, str], env: dict[str, str], sentence: str
) -> None:
    done = run(tmp_path, tools, **env)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
