"""`python -m dramaturg` and the `dramaturg` command."""

from dramaturg.cli.main import main

if __name__ == "__main__":
    main()
