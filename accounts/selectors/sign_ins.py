"""Where somebody is signed in, for them and for staff."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Customer, Door, Seller, StaffUser
from accounts.services import tokens

SHOWN = 100
# The first that fits names the program; browsers call themselves by their relatives' names, too.
_PROGRAMS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
_SYSTEMS = (
    (r"iPhone|iPad", "iOS"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "macOS"),
    (r"Linux", "Linux"),
)


@dataclass(frozen=True)
class SignIn:
    """One line of the list. `program`: as far as it tells; empty: it does not."""

    uuid: UUID
    door: str
    program: str
    address: str
    since: datetime
    seen: datetime
    until: datetime
    is_here: bool


def list_for(
    person: StaffUser | Seller | Customer, *, here: UUID | None = None, now: datetime
) -> list[SignIn]:
    """Return the latest of somebody's open sign-ins; `here`: the one in which they look. 1 query"""
    return [
        SignIn(
            uuid=session.uuid,
            door=str(Door(session.door).label),
            program=program_of(session.agent),
            address=session.ip_address or "",
            since=session.created_at,
            seen=session.last_seen_at,
            until=session.expires_at,
            is_here=session.uuid == here,
        )
        for session in tokens.open_sessions(person, now=now)[:SHOWN]
    ]


def program_of(agent: str) -> str:
    """Return what a program calls itself, in words such as `Firefox, Linux`."""
    program = next((name for pattern, name in _PROGRAMS if re.search(pattern, agent)), "")
    if not program:
        return agent.split("/")[0][:40]
    system = next((name for pattern, name in _SYSTEMS if re.search(pattern, agent)), "")
    return f"{program}, {system}" if system else program
