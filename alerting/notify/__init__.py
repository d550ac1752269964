"""Handing notices to the channels."""
