"""The dashboard, in Streamlit: `app.main` is its frame, and each file in `views/` is one page."""
