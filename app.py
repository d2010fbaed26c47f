"""Launcher: our gate around Streamlit's server; where a script already runs (AppTest) it runs that script instead."""

import runpy

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dx_data.ui import asgi

if get_script_run_ctx(suppress_warning=True) is None:
    # `streamlit run` finds this line in the syntax tree. The main script lies in dx_data/ui, so that pages/ is never
    # Streamlit's legacy folder, which is a way round everything that main.py does first.
    app = st.App(
        str(asgi.SCRIPT),
        lifespan=asgi.lifespan,
        routes=asgi.routes(),
        middleware=asgi.middleware(),
        on_script_error=asgi.on_script_error,
    )
else:
    runpy.run_path(str(asgi.SCRIPT), run_name="__main__")
