"""Which browser it is: a cookie that we signed, so that the throttle knows an owner's device."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "device"
KEPT_FOR = timedelta(days=365)
_signer = signing.Signer(salt="loyalty.device")


def device_of(request: HttpRequest) -> str:
    """Return the browser's own number, or a new one that `keep` gives it."""
    try:
        return _signer.unsign(request.COOKIES.get(COOKIE, ""))
    except signing.BadSignature:
        return secrets.token_urlsafe(16)


def keep(response: HttpResponse, device: str) -> None:
    """Give the browser its number, once somebody has signed in on it."""
    response.set_cookie(
        COOKIE,
        _signer.sign(device),
        max_age=KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
