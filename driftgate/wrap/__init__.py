"""driftgate in front of the tool that the user typed: `dg terraform …`, shims, hooks around a run, the gate."""
