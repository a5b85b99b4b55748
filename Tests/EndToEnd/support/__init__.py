"""What the end-to-end tests stand on: a scripted provider, the shipped binary as a process, a raw client."""
