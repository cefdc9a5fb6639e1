"""Errors of the warehouse: one sentence that says what to do.

WarehouseError            the file cannot be used as it is
  NotPublished            nothing has been published yet
"""


class WarehouseError(Exception):
    """A warehouse file cannot be used; the message says what to do."""


class NotPublished(WarehouseError):
    """There is no published file yet."""
