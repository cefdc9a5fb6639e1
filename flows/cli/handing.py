"""Commands that hand the warehouse on: the report, exports, other warehouses."""
