"""The smallest valid thing of each kind; what a test is about stands in the test."""

from tests.factories.core import StoreFactory

__all__ = ["StoreFactory"]
