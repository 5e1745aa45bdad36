"""Run the unit tests against the installed wheel, outside the checkout.

An editable install finds folders that the wheel does not hold; only this shows what a user gets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # would put deleted files into the wheel
    with tempfile.TemporaryDirectory(prefix="clearway-wheel-") as made:
        target, elsewhere = Path(made, "site"), Path(made, "suite")
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--no-deps", "--target", target, str(ROOT)], check=True)
        shutil.copytree(ROOT / "tests", elsewhere / "tests")
        shutil.copy(ROOT / "pyproject.toml", elsewhere)
        # The path comes before the editable install's finder, so this `clearway` is the wheel's.
        environment = {**os.environ, "PYTHONPATH": str(target), "CLEARWAY_CHECKOUT": str(ROOT)}
        check = f"import clearway, sys; sys.exit(not clearway.__file__.startswith({str(target)!r}))"
        subprocess.run([sys.executable, "-c", check], check=True, env=environment, cwd=elsewhere)
        suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit"]
        return subprocess.run(suite, env=environment, cwd=elsewhere, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
