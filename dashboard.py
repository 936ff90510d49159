"""The dashboard: `streamlit run dashboard.py`."""

from promptsweep.dashboard.app import main

main()
