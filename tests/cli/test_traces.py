from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import clew.trace.app
from clew.cli.traces import WrongPlatform, command
from clew.trace.app import Settings
from clew.trace.dsn import BadDsn, Server
from clew.trace.store.retention import Retention


class Traces:
    """``clew traces`` up to the point where it would serve."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings: list[Settings] = []
        monkeypatch.setattr(clew.trace.app, "run", self._run)

    def _run(self, settings: Settings, ready: Callable[[str], None]) -> None:
        self.settings.append(settings)
        ready("http://127.0.0.1:9411")

    def __call__(self, *arguments: str, **environment: str) -> Result:
        return CliRunner().invoke(command, arguments, env=environment, catch_exceptions=False)


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Traces:
    for name in ("QUERY_PORT", "COLLECTOR_SAMPLE_RATE", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    return Traces(monkeypatch)


def test_it_says_in_one_line_when_and_where_it_is_ready(traces: Traces) -> None:
    result = traces("--store", "/x/spans")
    assert result.output == "clew traces ready: http://127.0.0.1:9411/zipkin/ (store /x/spans)\n"
    assert traces.settings == [Settings(directory=Path("/x/spans"))]


def test_spans_are_kept_with_the_users_data(traces: Traces, tmp_path: Path) -> None:
    traces(XDG_DATA_HOME=str(tmp_path))
    traces(HOME=str(tmp_path))
    assert [settings.directory for settings in traces.settings] == [
        tmp_path / "clew" / "traces",
        tmp_path / ".local" / "share" / "clew" / "traces",
    ]


def test_an_option_wins_over_zipkins_variable(traces: Traces) -> None:
    traces(QUERY_PORT="9000", COLLECTOR_SAMPLE_RATE="0.25")
    traces("--port", "9001", "--sample-rate", "0.5", QUERY_PORT="9000", COLLECTOR_SAMPLE_RATE="0.1")
    assert [(s.port, s.sample_rate) for s in traces.settings] == [(9000, 0.25), (9001, 0.5)]


def test_what_it_does_not_do_of_zipkins_is_a_warning(
    traces: Traces, caplog: pytest.LogCaptureFixture
) -> None:
    traces("--store", "/x/spans", STORAGE_TYPE="cassandra3")
    assert caplog.messages == ["STORAGE_TYPE=cassandra3 has no effect: spans are kept in /x/spans"]


def test_old_spans_go_after_a_week_or_as_told(traces: Traces) -> None:
    traces()
    traces("--retain", "12h", "--max-disk", "20GB")
    assert [settings.retention for settings in traces.settings] == [
        Retention(max_age=timedelta(days=7)),
        Retention(max_age=timedelta(hours=12), max_bytes=20 * 10**9),
    ]


def test_the_number_of_spans_may_be_bounded_as_by_zipkins_variable(traces: Traces) -> None:
    traces(MEM_MAX_SPANS="500000")
    traces("--max-spans", "1000", MEM_MAX_SPANS="500000")
    assert [settings.retention.max_spans for settings in traces.settings] == [500_000, 1000]


def test_otlp_and_scribe_have_their_ports_when_asked_for(traces: Traces) -> None:
    traces()
    traces("--otlp", "--scribe-port", "9410")
    traces("--scribe-port", "1", COLLECTOR_SCRIBE_ENABLED="true", COLLECTOR_PORT="2")
    assert [(s.otlp_ports, s.scribe_port) for s in traces.settings] == [
        ((), None),
        ((4317, 4318), 9410),
        ((), 1),
    ]


def test_it_listens_where_it_is_told(traces: Traces) -> None:
    traces("--host", "0.0.0.0")
    assert traces.settings[0].host == "0.0.0.0"


@pytest.mark.parametrize("arguments", [["--port", "65536"], ["--port", "x"], ["--store", __file__]])
def test_wrong_usage_is_refused(traces: Traces, arguments: list[str]) -> None:
    result = traces(*arguments)
    assert result.exit_code == 2
    assert "Invalid value" in result.output
    assert traces.settings == []


def test_help_has_an_example(traces: Traces) -> None:
    assert "Example: clew traces" in traces("--help").output


def test_on_windows_it_says_where_it_runs(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(WrongPlatform) as error:
        traces()
    assert (error.value.exit_code, traces.settings) == (2, [])


def test_spans_may_be_on_a_server_and_the_password_in_the_environment(
    traces: Traces, tmp_path: Path
) -> None:
    result = traces(
        "--store", "clickhouse://clew@ch/spans", "--spool", str(tmp_path), CLICKHOUSE_PASSWORD="pw"
    )
    assert result.output == (
        "clew traces ready: http://127.0.0.1:9411/zipkin/ (store clickhouse://clew@ch:8123/spans)\n"
    )
    [settings] = traces.settings
    assert settings.directory == tmp_path
    assert settings.server == Server(
        hosts=(("ch", 8123),), user="clew", password="pw", database="spans"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--store", "clickhouse://ch", "--max-spans", "9"],
            "--max-spans is for a store in a directory: use --max-disk",
        ),
        (["--store", "x", "--spool", "y"], "--spool is for a store on a server"),
    ],
)
def test_what_goes_with_one_kind_of_store_only(
    traces: Traces, arguments: list[str], said: str
) -> None:
    result = traces(*arguments)
    assert result.exit_code == 2
    assert f"Error: {said}\n" in result.output
    assert traces.settings == []


def test_what_zipkin_keeps_in_memory_is_not_what_a_server_keeps(traces: Traces) -> None:
    traces("--store", "clickhouse://ch", MEM_MAX_SPANS="500000")
    assert [settings.retention.max_spans for settings in traces.settings] == [None]


def test_a_wrong_address_is_one_sentence(traces: Traces) -> None:
    with pytest.raises(BadDsn, match="is no host and port"):
        traces("--store", "clickhouse://ch:x")
