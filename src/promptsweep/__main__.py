"""`python -m promptsweep`: the same as the command `promptsweep`."""

from promptsweep.cli import main

if __name__ == "__main__":
    main()
