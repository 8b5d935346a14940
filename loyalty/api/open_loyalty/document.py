"""The OpenAPI document of the Open Loyalty API, and the pages that show it."""

from django.urls import URLPattern

urls: list[URLPattern] = []
