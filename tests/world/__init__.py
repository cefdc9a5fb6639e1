"""A decade of nights in a world that a seed decides, over the same code as a real night.

    python -m tests.world.decade --seed 7 --nights 365      one world, told as it goes
    make decade                                             ten worlds of a year, two at a time, and one of ten years

The world (`story`, `registry`, `people`) is ours and knows the truth: what the registry and PubMed held, which clock
stood where, who was to be told. The product is touched through `product` alone. `faults` ends a night at a drawn
moment or lets the disk fail. `judge` holds what came out against the truth, in plain Python and from the documents:
it imports nothing of the product.
"""
