"""How much is left to chance: the temperature of each mode, and of each task where no mode is."""

from __future__ import annotations

from clearway.llm.artifacts.types import Mode

BY_MODE: dict[Mode, float] = {
    "generate": 0.2,
    "regenerate": 0.1,
    "optimize": 0.3,
    "debug": 0.05,
    "describe": 0.15,
    "analyze": 0.15,
}
BY_TASK = {
    "sql_generation": 0.1,
    "python_code": 0.2,
    "optimization": 0.3,
    "debugging": 0.05,
    "explanation": 0.15,
    "brainstorming": 0.7,
}


def temperature_of(mode: Mode | None, task: str) -> float:
    """Return the mode's; without a mode the task's, and that of `generate` for any other task."""
    if mode is not None:
        return BY_MODE[mode]
    return BY_TASK.get(task, BY_MODE["generate"])
