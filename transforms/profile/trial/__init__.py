"""The trial around the cells: diseases, populations, sponsors, relations, follow-up, harms watched."""
