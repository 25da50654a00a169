from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import msgspec
import pytest

import clew.mesh
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.config.namerd import Namerd
from clew.mesh.config.notes import notes
from clew.mesh.config.section import Section
from clew.mesh.config.shape import Shape

ONE_ROUTER = "routers: [{protocol: http, servers: [{}]}]"


def notes_of(text: str) -> tuple[str, ...]:
    return notes(read_linker(text, "linkerd.yml"))


def test_a_file_without_such_keys_has_no_notes() -> None:
    assert notes_of(ONE_ROUTER) == ()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (f"usage: {{orgId: x}}\n{ONE_ROUTER}", "usage has no effect: clew reports nothing"),
        (
            f"telemetry: [{{kind: io.zipkin.kafka}}]\n{ONE_ROUTER}",
            "telemetry[0] (io.zipkin.kafka) has no effect: ",
        ),
        (
            f"admin: {{workerThreads: 4}}\n{ONE_ROUTER}",
            "admin.workerThreads has no effect: ",
        ),
        (
            "routers: [{protocol: http, servers: [{announce: [x]}]}]",
            "routers[0].servers[0].announce has no effect: ",
        ),
        (
            "routers: [{protocol: http, servers: [{}], bindingCache: {trees: 3}}]",
            "routers[0].bindingCache.trees has no effect: ",
        ),
        (
            "routers: [{protocol: http, servers: [{}], client: {loadBalancer: {kind: heap}}}]",
            "routers[0].client.loadBalancer (heap) has no effect: ",
        ),
        (
            "routers: [{protocol: http, servers: [{}], client: {kind: io.l5d.static, "
            "configs: [{prefix: /, failFast: true}]}}]",
            "routers[0].client.configs[0].failFast has no effect: ",
        ),
    ],
)
def test_a_key_that_changes_nothing_is_told_with_its_place(text: str, note: str) -> None:
    (found,) = notes_of(text)
    assert found.startswith(note)


def test_a_key_with_its_default_is_not_worth_a_note() -> None:
    assert notes_of("admin: {workerThreads: 2}\n" + ONE_ROUTER) == ()


def sections(hint: Any) -> Iterator[type[Section]]:
    """The structs that a value of this type may hold, but for what is said to do nothing."""
    shape = Shape.of(hint)
    kinds = shape.type if isinstance(shape.type, tuple) else (shape.type,)
    for kind in kinds:
        origin: object = typing.get_origin(kind)
        if origin is tuple:
            yield from sections(typing.get_args(kind)[0])
        elif origin is dict:
            yield from sections(typing.get_args(kind)[1])
        elif issubclass(kind, Section) and not kind.idle:
            yield kind
            for field in msgspec.structs.fields(kind):
                if field.name not in {**kind.no_effect, **kind.not_yet}:
                    yield from sections(field.type)


def test_every_key_does_something_or_is_said_to_do_nothing() -> None:
    mesh = File(clew.mesh.__path__[0])
    outside = [file for file in mesh.rglob("*.py") if "config" not in file.parts]
    used = set(re.findall(r"\w+", " ".join(file.read_text() for file in outside)))
    # the identifiers, policies and labels that config resolves by itself
    resolved = {"experimental", "configs", "prefix", "dns_hosts"}
    # what the telemeters' share of requests is made of
    resolved |= {"initial_sample_rate"}
    # what key_pair and authorities are made of
    resolved |= {"cert_path", "key_path", "intermediate_certs_path", "ca_cert_path"}
    resolved |= {"trust_certs", "trust_certs_bundle", "disable_validation", "client_auth"}
    # what the classifiers make retryable_grpc_statuses of
    resolved |= {"success_status_codes", "retryable_status_codes"}
    silent = {
        f"{section.__name__}.{field.name}"
        for section in {*sections(Linker), *sections(Namerd)}
        for field in msgspec.structs.fields(section)
        if field.name not in used | resolved | {*section.no_effect, *section.not_yet}
    }
    assert silent == set()
