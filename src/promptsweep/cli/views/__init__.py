"""What the commands print. A command imports its view when it runs, so views import what they need."""
