bucket = "acme-state"
region = "us-east-1"
