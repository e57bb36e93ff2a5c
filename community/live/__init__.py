"""The live reader: tails the log and sends pointers to the rooms whose people may see the thing."""
