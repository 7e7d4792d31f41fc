"""What a person brought, in the role of a model: descriptions, labels, whole results."""
