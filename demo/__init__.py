"""Made-up recordings of three nights, and the seeded script that writes them. Nothing here is real."""
