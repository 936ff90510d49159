"""A run as one HTML file that people can send: it asks no network for anything."""

from promptsweep.reports.html.page import html_report

__all__ = ["html_report"]
