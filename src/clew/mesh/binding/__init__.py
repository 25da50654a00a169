"""Binding a name: dtab, namers' answers and transformers in, a bound tree out. Pure."""
