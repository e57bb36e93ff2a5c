"""The files of one's spaces as a drive: how spaces are called there, and what programs put down for a moment while they save."""
