"""
The product's settings with a database of the benchmarks' own, and django-hordak to compare with.
"""

from loyalty.settings import *  # noqa: F403
from loyalty.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "djmoney", "mptt", "hordak"]
DATABASES["default"]["NAME"] += "_bench"

HORDAK_DECIMAL_PLACES = 2
DEFAULT_CURRENCY = "EUR"
CURRENCIES = ["EUR"]
