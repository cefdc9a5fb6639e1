"""What the commands do: plain functions that `flows.cli` calls, one module a group."""
