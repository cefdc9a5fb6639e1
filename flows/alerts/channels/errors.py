"""Whether a channel took a message."""

from __future__ import annotations

from warehouse.errors import CartrialsError


class DeliveryFailed(CartrialsError):
    """The channel did not say that it took the message. The reason holds no address and no secret.

    Whether it may be sent again the channel says, or how it broke off.
    """

    def __init__(self, reason: str, *, may_retry: bool) -> None:
        super().__init__(reason)
        self.reason, self.may_retry = reason, may_retry
