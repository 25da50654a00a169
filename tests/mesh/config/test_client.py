from __future__ import annotations

import pytest

from clew.mesh.config.client import Client, ClientPolicy
from clew.mesh.config.linker import read_linker
from clew.mesh.config.load_balancer import Ewma, RoundRobin
from clew.mesh.config.problems import ConfigError
from clew.mesh.config.retries import Budget, Retries
from clew.mesh.config.service import Service
from clew.mesh.config.tls import ClientTls
from clew.mesh.naming.path import Path

PORT = "/%/io.l5d.port/4141/#/io.l5d.fs"


def client(section: str) -> Client:
    text = f"routers: [{{protocol: http, servers: [{{}}], client: {section}}}]"
    return read_linker(text, "linkerd.yml").routers[0].client


def service(section: str) -> Service:
    text = f"routers: [{{protocol: http, servers: [{{}}], service: {section}}}]"
    return read_linker(text, "linkerd.yml").routers[0].service


def test_a_global_section_holds_for_every_id() -> None:
    policy = client("{loadBalancer: {kind: ewma}}").at(Path.read("/#/io.l5d.fs/web"))
    assert policy.load_balancer == Ewma()


def test_all_matching_prefixes_apply_key_by_key_and_the_later_wins() -> None:
    section = client(
        "{kind: io.l5d.static, configs: ["
        "{prefix: /, loadBalancer: {kind: ewma}, requestAttemptTimeoutMs: 5},"
        f"{{prefix: '{PORT}/web', loadBalancer: {{kind: roundRobin}}}},"
        f"{{prefix: '{PORT}/api', failFast: true}}]}}"
    )
    web = section.at(Path.read(f"{PORT}/web"))
    assert (web.load_balancer, web.request_attempt_timeout_ms) == (RoundRobin(), 5)
    assert web.fail_fast is None
    api = section.at(Path.read(f"{PORT}/api"))
    assert (api.load_balancer, api.fail_fast) == (Ewma(), True)


def test_the_transformers_are_part_of_the_id_that_a_prefix_must_match() -> None:
    section = client(
        "{kind: io.l5d.static, configs: [{prefix: '/#/io.l5d.fs', requestAttemptTimeoutMs: 5}]}"
    )
    assert section.at(Path.read(f"{PORT}/web")) == ClientPolicy()
    assert section.at(Path.read("/#/io.l5d.fs/web")).request_attempt_timeout_ms == 5


def test_keys_of_h2_clients_are_refused_where_they_mean_nothing() -> None:
    section = "client: {initialStreamWindowBytes: 70000}"
    h2 = read_linker(f"routers: [{{protocol: h2, servers: [{{}}], {section}}}]", "linkerd.yml")
    assert h2.routers[0].client.at(Path()).initial_stream_window_bytes == 70000
    with pytest.raises(ConfigError, match=r"initialStreamWindowBytes is for h2 routers"):
        client("{initialStreamWindowBytes: 70000}")


def test_services_go_by_the_logical_name() -> None:
    section = service(
        "{kind: io.l5d.static, configs: ["
        "{prefix: /svc, retries: {budget: {percentCanRetry: 0.3}}},"
        "{prefix: /svc/hello, totalTimeoutMs: 600}]}"
    )
    retries = Retries(budget=Budget(percent_can_retry=0.3))
    hello = section.at(Path.read("/svc/hello"))
    assert (hello.retries, hello.total_timeout_ms) == (retries, 600)
    world = section.at(Path.read("/svc/world"))
    assert (world.retries, world.total_timeout_ms) == (retries, None)


def test_what_a_prefix_captures_is_filled_into_the_common_name() -> None:
    section = client(
        "{kind: io.l5d.static, configs: ["
        "{prefix: '/$/io.buoyant.rinet/443/{host}', tls: {commonName: '{host}'}},"
        "{prefix: '/$/io.buoyant.rinet/443/*.test', tls: {commonName: 'never'}},"
        "{prefix: '/$/io.buoyant.rinet/{port}/b.test', tls: {commonName: 'b-{port}-{host}'}}]}"
    )

    def name_at(id: str) -> str | None:
        tls = section.at(Path.read(id)).tls
        return tls.common_name if isinstance(tls, ClientTls) else None

    assert name_at("/$/io.buoyant.rinet/443/a.test") == "a.test"
    assert name_at("/$/io.buoyant.rinet/443/b.test") == "b-443-{host}"
    assert name_at("/$/io.buoyant.rinet/80/a.test") is None
