"""
`python -m tests.benchmarks [name …]`: run every `bench_*.py` here, or those whose name has a word.

Each module has `run()`, which returns or yields `Result`s. They run in a database of their own,
`<name>_bench`, made anew each time. The figures are printed, and written to
`$VAR_DIR/benchmarks.json`. `QUICK=1` measures for a shorter time, with smaller tables.
"""

import importlib
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path


def main(words: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
    import django

    django.setup()
    from django.conf import settings

    from tests.benchmarks import databases
    from tests.benchmarks.results import results_of

    found = []
    for name in modules(words):
        print(f"\n{name}", flush=True)  # noqa: T201
        begun = time.perf_counter()
        with databases.fresh():
            module = importlib.import_module(f"tests.benchmarks.{name}")
            for result in results_of(module.run()):
                found.append(result)
                print(f"  {result}", flush=True)  # noqa: T201
        print(f"  {time.perf_counter() - begun:.0f} s", flush=True)  # noqa: T201
    write(settings.VAR_DIR / "benchmarks.json", [result.as_json() for result in found])
    return 0


def modules(words: list[str]) -> list[str]:
    names = sorted(path.stem for path in Path(__file__).parent.glob("bench_*.py"))
    return [name for name in names if not words or any(word in name for word in words)]


def write(path: Path, results: list[dict[str, object]]) -> None:
    document = {
        "measured_at": datetime.now(UTC).isoformat(),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "platform": platform.platform(),
        },
        "results": results,
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(f"\n{path}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
