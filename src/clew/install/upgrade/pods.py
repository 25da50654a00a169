"""Pods: images and arguments, and the containers that are not needed any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from clew.install.objects import from_field
from clew.install.upgrade import hello
from clew.install.upgrade.change import Change
from clew.install.upgrade.documents import Located

Rewrite = Callable[[Located, str], Iterator[Change]]
"""Changes the container, which gets this image."""


def pods(object: Located, image: str) -> Iterator[Change]:
    """Changes the pod, or the pods that the object makes."""
    spec = _pod_spec(object)
    containers = spec.get("containers") if spec is not None else None
    if spec is None or not isinstance(containers, list):
        return
    kept = [each for each in containers if not _is_api_proxy(each)]
    for container in containers:
        if container not in kept:
            seen = f"container {container.get('name')} is taken out"
            yield Change(container.line, f"{seen}: the API is reached by the pod's account")
    if len(kept) < len(containers):
        spec["containers"] = kept
    for container in kept:
        rewrite = _REWRITES.get(_repository(container))
        if rewrite is not None:
            yield from rewrite(container, image)


def _pod_spec(object: Located) -> Located | None:
    spec: Any = object
    path = {
        "Pod": ["spec"],
        "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
    }.get(object["kind"], ["spec", "template", "spec"])
    for key in path:
        spec = spec.get(key) if isinstance(spec, Located) else None
    return spec if isinstance(spec, Located) else None


def _repository(container: Located) -> str:
    """The image without registry, tag and digest: ``buoyantio/linkerd``."""
    name = str(container.get("image", "")).partition("@")[0]
    *place, last = name.split("/")
    return "/".join([*place[-1:], last.partition(":")[0]])


def _is_api_proxy(container: Located) -> bool:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    return _repository(container).endswith("/kubectl") and "proxy" in words


def _mesh(container: Located, image: str) -> Iterator[Change]:
    yield from _runs(container, image, "mesh", _file(container))
    yield from _fields(container, NODE_NAME="spec.nodeName", POD_IP="status.podIP")
    yield from _without_java(container)


def _namerd(container: Located, image: str) -> Iterator[Change]:
    yield from _runs(container, image, "namerd", _file(container))
    yield from _without_java(container)


def _file(container: Located) -> list[str]:
    """Linkerd's arguments are flags of its server and the file."""
    return [str(each) for each in container.get("args") or () if not str(each).startswith("-")]


def _traces(container: Located, image: str) -> Iterator[Change]:
    yield from _runs(container, image, "traces", ["--host=0.0.0.0", "--store=/data/traces"])
    names = {each.get("name"): each.get("value") for each in container.get("env") or ()}
    if (kept_in := names.get("STORAGE_TYPE", "mem")) != "mem":
        seen = f"spans are kept in /data/traces instead of {kept_in}"
        yield Change(container.line, f"{seen}: mount a volume at /data")
    else:
        yield Change(container.line, "spans go with the pod; a volume at /data would keep them")


def _hello(container: Located, image: str) -> Iterator[Change]:
    script = container.get("command") or ()
    line = hello.of_script(script)
    if line is not None:
        container["args"] = line.flags
        yield from _fields(container, HOST_IP="status.hostIP")
        container["env"].append({"name": "http_proxy", "value": f"$(HOST_IP):{line.port}"})
        yield Change(container.line, "http_proxy has the node's address from status.hostIP")
    elif "-c" in script:
        yield Change(container.line, "the command is a script: run `clew helloworld` by it")
        return
    yield from _runs(container, image, "helloworld", list(container.get("args") or ()))


def _node_name_test(container: Located, image: str) -> Iterator[Change]:
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    if "nslookup" in words:
        yield from _runs(container, image, "check", [])
        yield from _fields(container, HOST_IP="status.hostIP", POD_NAMESPACE="metadata.namespace")


_REWRITES: Mapping[str, Rewrite] = {
    "buoyantio/linkerd": _mesh,
    "buoyantio/namerd": _namerd,
    "buoyantio/helloworld": _hello,
    "openzipkin/zipkin": _traces,
    "openzipkin/zipkin-slim": _traces,
    "tutum/dnsutils": _node_name_test,
}
"""By repository of the image."""


def _runs(container: Located, image: str, command: str, arguments: list[str]) -> Iterator[Change]:
    was = container.get("image")
    had = container.pop("command", None) or ()
    left = [str(each) for each in container.get("args") or () if each not in arguments]
    container |= {"image": image, "args": [command, *arguments]}
    yield Change(container.line, f"image {was} is now {image}")
    if had:
        yield Change(container.line, f"command is taken out: {' '.join(map(str, had))}")
    if left:
        yield Change(container.line, f"args are taken out: {' '.join(left)}")
    yield Change(container.line, f"args are now: {' '.join(container['args'])}")


def _fields(container: Located, **wanted: str) -> Iterator[Change]:
    """Variables with facts about the pod, where they are not there yet."""
    env: list[Any] = container.setdefault("env", [])
    for name, path in wanted.items():
        if not any(each.get("name") == name for each in env):
            env.append(from_field(name, path))
            yield Change(container.line, f"variable {name} is added, from {path}")


def _without_java(container: Located) -> Iterator[Change]:
    env = container.get("env") or []
    for each in [each for each in env if str(each.get("name", "")).startswith("JVM_")]:
        env.remove(each)
        yield Change(each.line, f"variable {each['name']} is taken out: there is no Java")
