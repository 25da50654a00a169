"""How apps find the mesh of their node: by its name, which DNS must know, or its address. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from clew.check.finding import Finding, ok, problem, warning
from clew.check.objects import Container, Node, Pod

NAME_FIELD, ADDRESS_FIELD = "spec.nodeName", "status.hostIP"
_USE_ADDRESS = (
    f"in your apps use fieldPath: {ADDRESS_FIELD}, as clew install demo does; "
    f"{NAME_FIELD} needs a DNS that knows nodes"
)


def of_answers(answers: Mapping[str, Sequence[str]], nodes: Sequence[Node]) -> Finding:
    """``answers``: by name of a node, the addresses that it resolves to in a pod."""
    unknown = sorted(name for name, addresses in answers.items() if not addresses)
    if unknown:
        seen = f"{len(unknown)} of {len(answers)} node names do not resolve, such as {unknown[0]}"
        return warning("node names", seen, _USE_ADDRESS)
    for node in nodes:
        own = node.addresses("InternalIP") + node.addresses("ExternalIP")
        found = answers.get(node.metadata.name, ())
        if own and found and not set(own) & set(found):
            seen = f"{node.metadata.name} resolves to {found[0]}, which is not {' or '.join(own)}"
            return problem("node names", seen, _USE_ADDRESS)
    example = min(answers)
    return ok(
        "node names",
        f"node names resolve ({example} is {answers[example][0]})",
        f"both {NAME_FIELD} and {ADDRESS_FIELD} lead to the mesh of the node",
    )


def not_from_here() -> Finding:
    """A laptop has another DNS than a pod."""
    return ok(
        "node names",
        "whether node names resolve can only be seen in a pod",
        f"{ADDRESS_FIELD} needs no DNS; to see it: clew install check | kubectl replace --force "
        "-f -",
    )


def nothing_known() -> Finding:
    """A pod that may not list nodes."""
    advice = f"give it NODE_NAME from fieldPath: {NAME_FIELD}, as clew install check does"
    return warning("node names", "this pod knows the name of no node", advice)


def of_pods(pods: Sequence[Pod]) -> Iterator[Finding]:
    """Which apps rely on node names."""
    apps = {pod.app for pod in pods if any(_by_name(each) for each in pod.spec.containers or ())}
    for app in sorted(apps):
        yield warning("node names", f"{app} finds the mesh by the name of its node", _USE_ADDRESS)


def _by_name(container: Container) -> bool:
    variables = container.env or ()
    names = {f"$({each.name})" for each in variables if each.field == NAME_FIELD}
    proxies = [each.value for each in variables if each.name.lower() == "http_proxy"]
    return any(name in proxy for proxy in proxies for name in names)
