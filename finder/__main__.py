"""`python -m finder` is `inkling`."""

from finder.cli import main

if __name__ == "__main__":
    main()
