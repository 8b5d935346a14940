"""The benchmarks' settings, with two bare views beside the product's own addresses."""

from tests.benchmarks.settings import *  # noqa: F403

ROOT_URLCONF = "tests.benchmarks.http_urls"
LOGGING = {"version": 1, "root": {"level": "ERROR"}}
