"""Charts, in Altair, for the dashboard and the HTML report: each module turns rows into one kind of chart.

Labels are drawn as text: a chart interprets no Markdown and no HTML. Needs the extra `dashboard` or `report`.
"""

from typing import Final

INK: Final = "currentColor"
"""What texts inside a chart are drawn with: the colour of the text around it, in light and dark."""
