"""Where Envoy gets a resource from: one of two streams to our control plane."""

from __future__ import annotations

from typing import Any

from envoy.config.core.v3 import base_pb2, config_source_pb2, grpc_service_pb2

XDS_CLUSTER = "xds"
"""Our control plane, as the bootstrap calls it."""
EPOCH_HEADER = "clew-epoch"
"""gRPC metadata of the on-demand stream; Envoy opens a new one for each value."""


def ads_source() -> Any:
    """The aggregated stream."""
    return config_source_pb2.ConfigSource(
        ads=config_source_pb2.AggregatedConfigSource(),
        resource_api_version=config_source_pb2.V3,
    )


def on_demand_source(epoch: int) -> Any:
    """A stream of its own: Envoy never forgets a name that it asked for on the aggregated one."""
    service = grpc_service_pb2.GrpcService(
        envoy_grpc=grpc_service_pb2.GrpcService.EnvoyGrpc(cluster_name=XDS_CLUSTER),
        initial_metadata=[base_pb2.HeaderValue(key=EPOCH_HEADER, value=str(epoch))],
    )
    return config_source_pb2.ConfigSource(
        api_config_source=config_source_pb2.ApiConfigSource(
            api_type=config_source_pb2.ApiConfigSource.DELTA_GRPC,
            transport_api_version=config_source_pb2.V3,
            grpc_services=[service],
        ),
        resource_api_version=config_source_pb2.V3,
    )
