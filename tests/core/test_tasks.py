"""The core's recurring tasks …"""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from loyalty.core import tasks

pytestmark = pytest.mark.django_db


def test_forget_the_browsers_sessions_that_are_over():
    over, current = SessionStore(), SessionStore()
    over.set_expiry(timedelta(seconds=-1))
    over.save()
    current.save()

    tasks.forget_browser_sessions()

    assert [session.session_key for session in Session.objects.all()] == [current.session_key]
