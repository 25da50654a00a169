"""A real API server takes what becomes of old manifests, and the Job of ``clew install check``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.install.upgrade.test_upgrade import CASES, upgraded

from clew.install.options import Options
from clew.install.render import render
from e2e.kube_apiserver.running import KubeApiServer

CLUSTER_WIDE = {"ClusterRole", "ClusterRoleBinding"}


def objects(text: str) -> Iterator[dict[str, Any]]:
    for each in yaml.safe_load_all(text):
        for item in (each or {}).get("items", [each]):
            if item and item["kind"] not in CLUSTER_WIDE:
                item["metadata"].setdefault("namespace", "default")
            if item:
                yield item


@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.stem))
def test_every_object_is_taken(kubernetes: KubeApiServer, file: Path) -> None:
    for each in objects(upgraded(file).text):
        # a pod is refused while its account is not there, which nobody makes here
        if each["kind"] != "Pod":
            kubernetes.apply(each, dry_run=True)


def test_the_job_of_the_check_is_taken(kubernetes: KubeApiServer) -> None:
    (job,) = objects(render("check", Options()))
    kubernetes.apply(job, dry_run=True)
