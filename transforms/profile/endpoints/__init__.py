"""What trials measure: the concepts of their outcomes, when, and how they are counted."""
