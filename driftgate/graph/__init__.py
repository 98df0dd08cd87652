"""Which unit waits for which: order, cycles, selection, and the picture of it."""
