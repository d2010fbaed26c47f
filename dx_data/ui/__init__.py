"""The screen. The only package that imports streamlit (besides app.py and pages/)."""
