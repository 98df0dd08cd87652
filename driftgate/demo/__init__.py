"""`dg demo`: the main job with no cloud account, on real parts."""
