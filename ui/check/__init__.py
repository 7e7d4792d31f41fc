"""What the page Check is made of."""
