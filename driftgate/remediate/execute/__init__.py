"""A plan of steps, taken: journaled, checkpointed, verified, undone where that is possible. Changes state and cloud."""
