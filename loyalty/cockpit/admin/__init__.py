"""The screens that belong to no single room: those that span rooms, and those on the core."""

from loyalty.cockpit.admin import audit, customers, events, messages, stores, trail, webhooks

__all__ = ["audit", "customers", "events", "messages", "stores", "trail", "webhooks"]
