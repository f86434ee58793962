"""What happened and what it cost: told by the other rooms, asks nobody."""
