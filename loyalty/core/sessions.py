"""Browsers' sessions: Django's own in the database, found by keys alone that we could have made."""

import re

from django.contrib.sessions.backends import db

_KEY = re.compile(r"[a-z0-9]{8,40}")


class SessionStore(db.SessionStore):
    # Keeps the name of Django's own, which salts what is signed: sessions outlive an upgrade.

    def _validate_session_key(self, key: str | None) -> bool:
        """A cookie can spell anything, also a zero byte, which no database looks up."""
        return key is not None and _KEY.fullmatch(key) is not None
