"""``python -m modelreport``: the same command."""

from modelreport.cli import main

if __name__ == "__main__":
    main()
