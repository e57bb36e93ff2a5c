"""Messages between two people or a small group: read by those who are in the conversation, and by nobody else."""
