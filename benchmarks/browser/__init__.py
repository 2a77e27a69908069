"""Parts of ``page.py``: the models it opens, the programs it opens them in, and what it measures there."""
