"""What makes a difference that is no drift: one file per equivalence, pure functions over data."""
