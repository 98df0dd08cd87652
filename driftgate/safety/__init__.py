"""What everything passes before it leaves the process."""
