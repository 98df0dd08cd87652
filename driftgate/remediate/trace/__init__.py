"""From a drifted attribute to the literal in the source that it comes from, and the edits that change it there."""
