"""Where a message goes: mail, chat and webhooks, feeds aside; one at a time, each with its own trouble."""
