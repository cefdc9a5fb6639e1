"""The declared tables, one module per chapter of the contract."""
