"""What a team can set: in `.driftgate.toml`, in `DG_` variables, in flags."""
