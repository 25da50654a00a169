from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clew.cli.zipkin_environment import BadVariable, read_settings, unmet
from clew.trace.app import Settings

DIRECTORY = Path("/spans")


def read(**variables: str) -> Settings:
    return read_settings(variables, DIRECTORY)


def test_nothing_set_is_the_defaults() -> None:
    assert read() == Settings(directory=DIRECTORY)
    assert read(QUERY_PORT="", SEARCH_ENABLED=" ") == Settings(directory=DIRECTORY)


@pytest.mark.parametrize(
    ("variables", "path", "value"),
    [
        ({"QUERY_PORT": "9000"}, "port", 9000),
        ({"COLLECTOR_SAMPLE_RATE": "0.01"}, "sample_rate", 0.01),
        ({"COLLECTOR_HTTP_ENABLED": "false"}, "http_collector", False),
        ({"HTTP_COLLECTOR_ENABLED": "false"}, "http_collector", False),
        ({"COLLECTOR_GRPC_ENABLED": "FALSE"}, "grpc_collector", False),
        ({"COLLECTOR_PORT": "9999"}, "scribe_port", None),
        ({"COLLECTOR_SCRIBE_ENABLED": "true"}, "scribe_port", 9410),
        ({"SCRIBE_ENABLED": "true"}, "scribe_port", 9410),
        ({"COLLECTOR_SCRIBE_ENABLED": "true", "COLLECTOR_PORT": "9999"}, "scribe_port", 9999),
        ({"SCRIBE_CATEGORY": "spans"}, "scribe_category", "spans"),
        ({"MEM_MAX_SPANS": "500000"}, "retention.max_spans", 500_000),
        ({"STRICT_TRACE_ID": "false"}, "strict_trace_id", False),
        ({"QUERY_TIMEOUT": "20s"}, "query_timeout", 20),
        ({"QUERY_TIMEOUT": "500ms"}, "query_timeout", 1),
        ({"QUERY_TIMEOUT": "2000"}, "query_timeout", 2),
        ({"QUERY_TIMEOUT": "1m"}, "query_timeout", 60),
        ({"QUERY_TIMEOUT": "0"}, "query_timeout", 0),
        ({"QUERY_ENABLED": "false"}, "api.query_enabled", False),
        ({"QUERY_ENABLED": "false"}, "pages", False),
        ({"QUERY_ENABLED": "false", "UI_ENABLED": "true"}, "pages", True),
        ({"UI_ENABLED": "false"}, "pages", False),
        ({"SEARCH_ENABLED": "false"}, "api.search_enabled", False),
        ({"SEARCH_ENABLED": "false"}, "api.ui.search_enabled", False),
        ({"QUERY_LOOKBACK": "3600000"}, "api.lookback_ms", 3_600_000),
        ({"QUERY_NAMES_MAX_AGE": "10"}, "api.names_max_age", 10),
        ({"AUTOCOMPLETE_KEYS": "env, site,"}, "api.autocomplete_keys", ("env", "site")),
        ({"ZIPKIN_QUERY_ALLOWED_ORIGINS": "http://a"}, "api.allowed_origins", ("http://a",)),
        ({"ZIPKIN_UI_BASEPATH": "/admin/zipkin"}, "pages_base_path", "/admin/zipkin"),
        ({"ZIPKIN_UI_ENVIRONMENT": "prod"}, "api.ui.environment", "prod"),
        ({"ZIPKIN_UI_QUERY_LIMIT": "100"}, "api.ui.query_limit", 100),
        ({"ZIPKIN_UI_DEFAULT_LOOKBACK": "60000"}, "api.ui.default_lookback", 60_000),
        ({"ZIPKIN_UI_SEARCH_ENABLED": "false"}, "api.ui.search_enabled", False),
        ({"ZIPKIN_UI_LOGS_URL": "http://l/{traceId}"}, "api.ui.logs_url", "http://l/{traceId}"),
        ({"ZIPKIN_UI_SUPPORT_URL": "http://s"}, "api.ui.support_url", "http://s"),
        ({"ZIPKIN_UI_ARCHIVE_POST_URL": "http://p"}, "api.ui.archive_post_url", "http://p"),
        ({"ZIPKIN_UI_ARCHIVE_URL": "http://a"}, "api.ui.archive_url", "http://a"),
        ({"ZIPKIN_UI_DEPENDENCY_ENABLED": "false"}, "api.ui.dependency.enabled", False),
        ({"ZIPKIN_UI_DEPENDENCY_LOW_ERROR_RATE": "0.1"}, "api.ui.dependency.low_error_rate", 0.1),
        ({"ZIPKIN_UI_DEPENDENCY_HIGH_ERROR_RATE": "1"}, "api.ui.dependency.high_error_rate", 1),
    ],
)
def test_each_variable_means_what_it_means_to_zipkin(
    variables: dict[str, str], path: str, value: object
) -> None:
    setting: Any = read(**variables)
    for name in path.split("."):
        setting = getattr(setting, name)
    assert setting == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUERY_PORT", "x"),
        ("QUERY_PORT", "-1"),
        ("SEARCH_ENABLED", "yes"),
        ("COLLECTOR_SAMPLE_RATE", "all"),
        ("COLLECTOR_SAMPLE_RATE", "nan"),
        ("QUERY_TIMEOUT", "soon"),
        ("ZIPKIN_UI_BASEPATH", "zipkin"),
    ],
)
def test_a_value_that_is_none_is_named_with_what_would_be_right(name: str, value: str) -> None:
    with pytest.raises(BadVariable) as error:
        read(**{name: value})
    assert error.value.message == f"{name} is '{value}'"
    assert error.value.hint.startswith("use ")


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, []),
        ({"STORAGE_TYPE": "mem", "KAFKA_BOOTSTRAP_SERVERS": "", "KAFKA_TOPIC": "zipkin"}, []),
        (
            {"STORAGE_TYPE": "elasticsearch", "ES_HOSTS": "http://es:9200"},
            ["STORAGE_TYPE=elasticsearch has no effect: spans are kept in /spans"],
        ),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "RABBIT_URI": "amqp://rabbit"},
            [
                "KAFKA_BOOTSTRAP_SERVERS has no effect: spans are not taken from Kafka",
                "RABBIT_URI has no effect: spans are not taken from RabbitMQ",
            ],
        ),
    ],
)
def test_what_a_zipkin_would_do_and_this_does_not_is_said(
    variables: dict[str, str], said: list[str]
) -> None:
    assert list(unmet(variables, str(DIRECTORY))) == said
