"""python -m bytezip"""

from bytezip.cli.main import main

if __name__ == "__main__":
    main()
