"""Django's PostgreSQL backend, which starts the embedded server before it connects."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from loyalty.embedded.cluster import Cluster

_clusters: dict[Any, Cluster] = {}


def get_cluster() -> Cluster:
    """Return this process' one object for the server of `VAR_DIR`."""
    return _clusters.setdefault(settings.VAR_DIR, Cluster(settings.VAR_DIR))


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        get_cluster().start()
        return super().get_new_connection(conn_params)
