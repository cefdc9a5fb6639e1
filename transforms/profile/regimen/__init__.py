"""What goes with the cells: conditioning, comparators, other immunosuppression, prophylaxis, doses."""
