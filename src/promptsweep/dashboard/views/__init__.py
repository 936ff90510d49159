"""The pages. Streamlit runs such a file when its page is open; `app.PAGES` lists them."""
