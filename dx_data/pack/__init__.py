"""The quarter's pack: one content model, and one renderer for each form it leaves in."""
