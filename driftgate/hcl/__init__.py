"""HCL: parse it losing nothing, evaluate what is static."""
