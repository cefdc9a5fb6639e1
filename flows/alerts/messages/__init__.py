"""What people read: items, their wording and their order, rendered and frozen before they go."""
