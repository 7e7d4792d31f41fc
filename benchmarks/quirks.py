"""What each quirk of a server costs at each step: python benchmarks/quirks.py

A cell is the number of requests that were refused, with the number of images that were lost where there are any; "-"
where the step sends nothing that meets the quirk. The column `all` is a server that has the quirk for all that is
asked: the rehearsal at the start meets it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support")]

from quirk_trial import ANSWERS, PLACES, REFUSALS, Trials, lessons, trials


def _cell(tried: Trials, name: str, where: str) -> str:
    if name.startswith("address") and where != "all":  # it is the server's, not a step's
        return "-"
    cost = lessons(name, {**REFUSALS, **ANSWERS}[name], tried, where)
    refused = cost.met if name in REFUSALS else 0
    lost = f", {cost.lost} lost" if cost.lost else ""
    return f"{refused}{lost}{' ended' if cost.ended else ''}" if cost.met else "-"


def main() -> None:
    """Print the table, a row a quirk."""
    with tempfile.TemporaryDirectory() as folder, trials(Path(folder)) as tried:
        print(f"{'quirk':28}" + "".join(f"{where:>10}" for where in PLACES))
        for name in (*REFUSALS, *ANSWERS):
            print(f"{name:28}" + "".join(f"{_cell(tried, name, where):>10}" for where in PLACES), flush=True)


if __name__ == "__main__":
    main()
