"""Which cells are given: products, their targets, cell type and source, and the scope that follows."""
