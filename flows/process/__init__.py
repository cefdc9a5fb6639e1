"""This process among others: children that end with it, signals, deadlines, its terminal, its progress."""
