"""What TLS to etcd needs: apart from the adapter, since that brings gRPC."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EtcdTls:
    """For `etcds://`, PEM: who signed etcd's certificate (None: as usual), and ours where it asks for one."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


NO_TLS = EtcdTls()
