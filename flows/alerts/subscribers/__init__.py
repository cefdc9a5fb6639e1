"""Who is told what: the subscribers file, its filters and addresses."""
