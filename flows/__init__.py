"""Effects: everything that touches the network, the clock, people."""
