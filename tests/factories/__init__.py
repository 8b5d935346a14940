"""The smallest valid thing of each kind; what a test is about stands in the test."""

from tests.factories.accounts import CustomerFactory, LevelFactory, PosFactory, SellerFactory
from tests.factories.core import StoreFactory

__all__ = ["CustomerFactory", "LevelFactory", "PosFactory", "SellerFactory", "StoreFactory"]
