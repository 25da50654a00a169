"""The built pages and how they are served."""
