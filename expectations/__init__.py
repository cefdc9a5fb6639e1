"""What must be true: suites from the schema, sentences of the field, the gate.

The only importer of Great Expectations, and importing this package does not import it.
"""
