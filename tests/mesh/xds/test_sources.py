from __future__ import annotations

from clew.mesh.envoy import bootstrap
from clew.mesh.xds.sources import EPOCH_HEADER, XDS_CLUSTER, ads_source, on_demand_source


def test_the_bootstrap_has_the_control_plane_under_this_name() -> None:
    assert bootstrap.XDS_CLUSTER == XDS_CLUSTER


def test_another_epoch_is_another_source() -> None:
    (service,) = on_demand_source(7).api_config_source.grpc_services
    assert service.envoy_grpc.cluster_name == XDS_CLUSTER
    assert [(h.key, h.value) for h in service.initial_metadata] == [(EPOCH_HEADER, "7")]
    assert on_demand_source(7) != on_demand_source(8)


def test_the_aggregated_source_is_always_the_same() -> None:
    assert ads_source() == ads_source()
