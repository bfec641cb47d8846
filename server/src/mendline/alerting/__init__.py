"""Policies that are evaluated, incidents made of what fires, and the people who are told, once, with the cause."""
