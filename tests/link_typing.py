"""Link .typing/clearway/* to the folders, so that editors see one package `clearway`."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    folders: dict[str, str] = table["tool"]["setuptools"]["package-dir"]
    home = ROOT / ".typing" / "clearway"
    home.mkdir(parents=True, exist_ok=True)
    wanted = {f"clearway/{entry.name}": entry for entry in (ROOT / "clearway").iterdir()}
    wanted |= {
        name.replace(".", "/"): ROOT / folder
        for name, folder in folders.items()
        if name.count(".") == 1
    }
    for name, target in wanted.items():
        link = home.parent / name
        if not link.is_symlink() and "__pycache__" not in name:
            link.symlink_to(target)


if __name__ == "__main__":
    main()
