"""Real servers on loopback that answer by the rules of the two sources, faults included."""
