"""Persona to Plan: what each step is, which section it writes, and what that section owes."""
