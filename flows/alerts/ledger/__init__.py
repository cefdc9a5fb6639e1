"""What each subscriber is owed and has got: a row before the send, one per event, subscriber and channel."""
