"""What a room is made of: its nouns, their rules and what is read of them."""
