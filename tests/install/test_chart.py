from __future__ import annotations

import dataclasses
import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.install.helm import rendered
from tests.install.test_render import CHOICE_NAMES, CHOICES

from clew.install.chart import VALUES, chart
from clew.install.options import TLS, InstallError, Options
from clew.install.render import PARTS, render

EXAMPLE = Path(__file__).parents[2] / "examples/helm/clew"


written = functools.cache(chart)


def values(options: Options) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(written(options)["values.yaml"])
    return read


def test_the_example_is_what_is_written() -> None:
    files = chart(Options())
    there = {str(f.relative_to(EXAMPLE)): f.read_text() for f in EXAMPLE.rglob("*") if f.is_file()}
    assert there == files


def test_every_option_but_namespace_and_linker_file_is_a_value() -> None:
    options = {each.name for each in dataclasses.fields(Options)}
    told = "an option is new or gone: say in clew.install.chart.VALUES how it stands in the chart"
    assert {each.option for each in VALUES} == options - {"namespace", "config"}, told


@pytest.mark.parametrize("host_network", [False, True])
@pytest.mark.parametrize("collector", ["", "zipkin.example:9412"])
@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
@pytest.mark.parametrize("part", PARTS)
def test_the_chart_makes_what_is_printed(
    part: str, options: Options, collector: str, host_network: bool
) -> None:
    chosen = dataclasses.replace(options, collector=collector, host_network=host_network)
    template = written(Options())[f"templates/{part}.yaml"]
    text = rendered(template, values(chosen), chosen.namespace, chosen.max_disk)
    printed = [each for each in yaml.safe_load_all(render(part, chosen)) if each]
    assert list(filter(None, yaml.safe_load_all(text))) == [
        each for each in printed if each["kind"] != "Namespace"
    ]


@pytest.mark.parametrize("step", ["", *TLS])
def test_the_chart_makes_every_step_to_tls(step: str) -> None:
    chosen = Options(tls=step)
    text = rendered(chart(Options())["templates/mesh.yaml"], values(chosen), "default", "")
    printed = filter(None, yaml.safe_load_all(render("mesh", chosen)))
    assert list(filter(None, yaml.safe_load_all(text))) == list(printed)


def test_a_part_can_be_left_out() -> None:
    template = written(Options())["templates/demo.yaml"]
    none = values(Options()) | {"parts": {"demo": False}}
    assert rendered(template, none, "default", "").strip() == ""


def test_options_are_the_defaults_of_values() -> None:
    assert values(Options())["image"] == Options().image
    chosen = values(Options(image="registry.example/clew:1", outgoing_port=5140))
    assert (chosen["image"], chosen["outgoingPort"]) == ("registry.example/clew:1", 5140)


@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
def test_values_keep_to_their_schema(options: Options) -> None:
    schema = json.loads(chart(options)["values.schema.json"])
    told = values(options)
    assert set(told) == set(schema["properties"]) - {"global"}
    kinds: dict[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
    for name, rule in schema["properties"].items():
        if rule["type"] != "object":
            assert isinstance(told[name], kinds[rule["type"]])
            assert re.search(rule.get("pattern", ""), str(told[name]))


def test_options_that_make_no_manifest_make_no_chart() -> None:
    with pytest.raises(InstallError):
        chart(Options(storage="much"))
