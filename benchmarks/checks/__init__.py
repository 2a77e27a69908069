"""Outside knowledge that ``accuracy.py`` holds the report's figures against, one file for each kind."""
