"""Requests that are named by the rules of Ingresses (io.l5d.ingress).

The rules are in the routes, because a change there drains nothing. But routes cannot name: so a
filter of RBAC, which lets everything through, tells the name of the rule that fits, and a script
puts that name where other identifiers have put theirs. Rules for one host are one table and all
others are another, so that of many hosts only one has its rules compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from envoy.config.rbac.v3 import rbac_pb2 as rbac_config_pb2
from envoy.extensions.filters.http.rbac.v3 import rbac_pb2
from google.protobuf.any_pb2 import Any as PackedAny
from xds.core.v3 import extension_pb2
from xds.type.matcher.v3 import matcher_pb2

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.router import Router
from clew.mesh.naming.ingress import Match, Rule, Rules
from clew.mesh.xds.cel import value
from clew.mesh.xds.headers import set_to
from clew.mesh.xds.identifiers import OVERRIDE_MARK, WAY_MARK, consumes, position
from clew.mesh.xds.lua import quoted, script
from clew.mesh.xds.matching import all_of, any_of, compared, fits, request_header
from clew.mesh.xds.names import logical_prefix, name_prefix
from clew.mesh.xds.snapshot import pack

_HOST, _PATH, _POSITION = "clew-host", "clew-path", "clew-position"
"""Set early: the host without its port, the path without its query, and which of several
identifiers has named the request."""
_NONE = "-"
"""Told where no rule fits; a name has a slash."""

RulesBy = Mapping[IngressIdentifier, Rules]


def ingress_identifiers(router: Router) -> Sequence[tuple[int, IngressIdentifier]]:
    """With their places in the list of identifiers."""
    return [
        (index, each)
        for index, each in enumerate(router.identifier)
        if isinstance(each, IngressIdentifier)
    ]


def early(router: Router) -> Iterator[Any]:
    """Header edits for what the rules compare."""
    if not ingress_identifiers(router):
        return
    host = value(":authority")
    yield set_to(_HOST, rf"%CEL(re.extract({host}, r'^(.*?)(?::[0-9]*)?$', r'\1'))%")
    yield set_to(_PATH, "%PATH(NQ)%")
    if len(router.identifier) > 1:
        yield set_to(_POSITION, position(router.identifier))


def filters(router: Router, *, cluster_header: str, rest: str) -> Iterator[tuple[str, Any]]:
    """Filters that name requests, with their own names."""
    for index, _ in ingress_identifiers(router):
        yield _filter_name(index), rbac_pb2.RBAC()
        yield f"{_filter_name(index)} name", script(_script(router, index, cluster_header, rest))


def settings(router: Router, rules: RulesBy) -> dict[str, PackedAny]:
    """What a virtual host tells the filters, by their names."""
    return {
        _filter_name(index): pack(rbac_pb2.RBACPerRoute(rbac=_rbac(rules[identifier])))
        for index, identifier in ingress_identifiers(router)
        if rules[identifier].rules
    }


def _filter_name(index: int) -> str:
    return f"ingress {index}"


def _script(router: Router, index: int, cluster_header: str, rest: str) -> str:
    alone = len(router.identifier) == 1
    way = "" if alone else f"{WAY_MARK}{index}"
    keep_path = f'  headers:replace("{rest}", (headers:get(":path"):gsub("%?.*", "")))\n'
    return f"""\
function envoy_on_request(handle)
  local found = handle:streamInfo():dynamicMetadata():get("envoy.filters.http.rbac")
  if not found then return end
  local headers = handle:headers()
  local by = tonumber(headers:get("{_POSITION}") or "")
  if by and by < {index} then return end
  local name = found["enforced_effective_policy_id"]
  if not name or name == "{_NONE}" then name = found["shadow_effective_policy_id"] end
  if not name or name == "{_NONE}" then return end
  local override = headers:get("l5d-ctx-dtab")
  override = override and "{OVERRIDE_MARK}" .. override or ""
  headers:replace("{_POSITION}", "{index}")
  headers:replace("l5d-dst-service", {quoted(logical_prefix(router))} .. name)
  headers:replace("{cluster_header}", {quoted(name_prefix(router))} .. name .. "{way}" .. override)
{keep_path if consumes(router.identifier) else ""}\
  handle:clearRouteCache()
end
"""


def _rbac(rules: Rules) -> Any:
    by_host: dict[str, list[Rule]] = {}
    others = []
    for rule in rules.rules:
        if rule.is_for_one_host:
            by_host.setdefault(rule.host, []).append(rule)
        else:
            others.append(rule)
    rbac = rbac_pb2.RBAC()
    if by_host:
        # an enforced table must let everything through
        rbac.matcher.CopyFrom(_by_host(by_host))
    if others:
        rbac.shadow_matcher.CopyFrom(_first_of(others))
    return rbac


def _by_host(rules: Mapping[str, Iterable[Rule]]) -> Any:
    matcher = matcher_pb2.Matcher(
        matcher_tree=matcher_pb2.Matcher.MatcherTree(
            input=request_header(_HOST),
            exact_match_map=matcher_pb2.Matcher.MatcherTree.MatchMap(
                map={
                    host: matcher_pb2.Matcher.OnMatch(matcher=_first_of(own))
                    for host, own in sorted(rules.items())
                }
            ),
        )
    )
    matcher.on_no_match.CopyFrom(_tell(_NONE))
    return matcher


def _first_of(rules: Iterable[Rule]) -> Any:
    matcher = matcher_pb2.Matcher(
        matcher_list=matcher_pb2.Matcher.MatcherList(
            matchers=[
                matcher_pb2.Matcher.MatcherList.FieldMatcher(
                    predicate=all_of(_predicates(rule)), on_match=_tell(str(rule.name)[1:])
                )
                for rule in rules
            ]
        )
    )
    matcher.on_no_match.CopyFrom(_tell(_NONE))
    return matcher


def _predicates(rule: Rule) -> Iterator[Any]:
    path = request_header(_PATH)
    if rule.host.startswith("*"):
        yield fits(request_header(_HOST), f"[^.]+{re.escape(rule.host[1:])}")
    match rule.match:
        case Match.EXACT:
            yield compared(path, exact=rule.path)
        case Match.PREFIX:
            if prefix := rule.path.rstrip("/"):
                below = compared(path, prefix=f"{prefix}/")
                yield any_of([compared(path, exact=prefix), below])
            else:
                yield fits(path, ".*")
        case Match.PATTERN:
            yield fits(path, rule.path or ".*")


def _tell(name: str) -> Any:
    action = rbac_config_pb2.Action(name=name, action=rbac_config_pb2.RBAC.ALLOW)
    return matcher_pb2.Matcher.OnMatch(
        action=extension_pb2.TypedExtensionConfig(name=name, typed_config=pack(action))
    )
