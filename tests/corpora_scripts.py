"""The scripts in corpora/, which are no package, as modules for the tests."""

import sys
from pathlib import Path

CORPORA = Path(__file__).parent.parent / "corpora"
sys.path.insert(0, str(CORPORA))
