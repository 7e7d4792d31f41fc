"""Facetry's engine: everything that is not a page. Nothing below this package imports streamlit."""
