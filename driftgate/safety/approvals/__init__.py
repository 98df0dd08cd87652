"""Approvals: signed statements that one certain plan may be applied to one certain version of a state, once."""
