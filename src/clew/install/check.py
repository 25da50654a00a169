"""A Job that looks at the cluster from within, as the mesh sees it: ``clew check``."""

from __future__ import annotations

from clew.install import mesh, traces
from clew.install.objects import Object, from_field, new, pod, resources
from clew.install.options import Options

NAME = "clew-check"


def check(options: Options) -> list[Object]:
    """It has the account of the mesh, so its rights are those that are looked at."""
    args = ["check"]
    linker: Object = {}
    if options.config:
        args.append(mesh.CONFIG)
        linker = {"volumes": [mesh.config_volume()]}
    if options.outgoing_port != Options().outgoing_port:
        args.append(f"--outgoing-port={options.outgoing_port}")
    if not options.collector and not options.config:
        args.append(f"--traces=http://{traces.COLLECTOR}.{options.namespace}.svc:{traces.PORT}")
    container: Object = {
        "image": options.image,
        "args": args,
        "env": [
            from_field("NODE_NAME", "spec.nodeName"),
            from_field("HOST_IP", "status.hostIP"),
            from_field("POD_NAMESPACE", "metadata.namespace"),
        ],
        "resources": resources("50m", "64Mi", "256Mi"),
        **({"volumeMounts": [mesh.config_mount()]} if options.config else {}),
    }
    # what it finds does not change by asking again
    template = pod(NAME, container, serviceAccountName=mesh.NAME, restartPolicy="Never", **linker)
    spec = {"backoffLimit": 0, "ttlSecondsAfterFinished": 3600, "template": template}
    return [new("batch/v1", "Job", NAME, options, spec=spec)]
