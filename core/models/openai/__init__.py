"""Servers that speak the OpenAI protocol, as chat backends."""
