"""Whether our pods run, and if not, why. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clew.check.finding import Finding, ok, problem, warning
from clew.check.objects import ContainerStatus, Node, Pod
from clew.install import mesh, traces

APPS = (mesh.NAME, traces.NAME, "hello", "world-v1")
"""By the label ``app``, as the blog post's manifests have it too."""

_PULL = {"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"}
_STARTING = {"", "ContainerCreating", "PodInitializing"}


def findings(pods: Sequence[Pod], namespace: str) -> Iterator[Finding]:
    """One for each app that is there, or more where several things are wrong."""
    for app in APPS:
        own = [each for each in pods if each.app == app and each.status.phase != "Succeeded"]
        wrong = dict.fromkeys(found for pod in own if (found := _wrong(pod, namespace)))
        ready = sum(pod.is_ready for pod in own)
        if wrong:
            yield from wrong
        elif ready < len(own):
            advice = f"kubectl describe pods -n {namespace} -l app={app}"
            yield warning("pods", f"{ready} of {len(own)} pods of {app} are ready", advice)
        elif own:
            yield ok("pods", f"{ready} of {len(own)} pods of {app} are ready")


def on_every_node(pods: Sequence[Pod], nodes: Sequence[Node]) -> Iterator[Finding]:
    """Apps on a node without a mesh reach nobody."""
    served = {each.spec.node_name for each in pods if each.app == mesh.NAME}
    without = sorted(node.metadata.name for node in nodes if node.metadata.name not in served)
    if served and without:
        yield warning(
            "pods",
            f"{len(without)} of {len(nodes)} nodes have no mesh, such as {without[0]}",
            "where apps run there, give the DaemonSet tolerations for the taints of these nodes",
        )


def _wrong(pod: Pod, namespace: str) -> Finding | None:
    statuses = (*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ()))
    for status in statuses:
        if found := _stuck(pod.app, status, namespace):
            return found
    if pod.status.phase == "Pending" and not pod.spec.node_name:
        advice = f"see why: kubectl describe pods -n {namespace} -l app={pod.app}"
        return problem("pods", f"a pod of {pod.app} finds no node", advice)
    return None


def _stuck(app: str, status: ContainerStatus, namespace: str) -> Finding | None:
    waiting = status.state.waiting
    if waiting is None or waiting.reason in _STARTING:
        return None
    said = f": {waiting.message}" if waiting.message else ""
    if waiting.reason in _PULL:
        return problem(
            "image",
            f"the image {status.image} of {app} does not arrive ({waiting.reason}{said})",
            "push it where nodes can pull it and name it with clew install --image, or load it "
            "into the nodes (minikube image load, kind load docker-image)",
        )
    advice = f"kubectl logs -n {namespace} -l app={app} -c {status.name} --previous"
    return problem("pods", f"{app} does not run ({waiting.reason}{said})", advice)
