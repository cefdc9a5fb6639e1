"""What is being given, to whom, and how we know: the profile of a trial with its evidence."""
