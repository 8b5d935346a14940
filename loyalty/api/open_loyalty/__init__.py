"""The Open Loyalty door: `/api/…`, compatible with releases 4.2 and 3.x."""
