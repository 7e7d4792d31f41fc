"""How well a part of each image tells what the whole hides: python benchmarks/focus.py [NUMBER [SEED]].

Draws invoices of eight made-up companies on which the sender stands small: in a letterhead that is always at the same
place, in a block "Seller" and in a logo, both at varying places. What is large on them names somebody else (the
customer) or nobody (an advertisement). The built-in engine groups them by company, whole and by a part; each line says
the Hungarian accuracy over all invoices (an invoice without a group counts as wrong).
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from written_pictures import COMPANIES, FONTS, GOODS, STREETS

from core.config import Config
from core.domain import RunSettings
from core.evaluate.metrics import hungarian_accuracy
from core.ingest import source
from core.pipeline import runs
from core.results.run_view import rows
from core.workspace import Workspace

_SENDERS = COMPANIES[:8]
_CUSTOMERS = ("Harbour Hotel Group", "City Library", "Oakfield School", "Vela Sailing Club", "Sunrise Bakery")
_ADS = ("SUMMER SALE", "NEW CATALOGUE OUT NOW", "FREE SHIPPING", "THANK YOU")
_FOLDER = Path("/usr/share/fonts/truetype")
_INK = ("#1a1a1a", "#102a54", "#3a1010")
_COLOURS = ("#c0392b", "#1f6f3f", "#1f4f9f", "#8e44ad", "#d68910", "#0e7c86", "#5d4037", "#2c3e50")
ASKED = ("", "box:4,3,60,15", "block:Seller", "line:VAT id")
"""Parts that are looked at, the whole image first."""


@dataclass(frozen=True, slots=True)
class Invoice:
    """name: of the file."""

    name: str
    company: str


def draw(folder: Path, number: int, seed: int) -> list[Invoice]:
    """Write so many invoices as JPEG files."""
    folder.mkdir(parents=True, exist_ok=True)
    chance, made = random.Random(seed), []
    for place in range(number):
        company = _SENDERS[place % len(_SENDERS)]
        one = Invoice(f"invoice-{place:03}.jpg", company)
        _invoice(chance, company).save(folder / one.name, quality=chance.randint(70, 95))
        made.append(one)
    return made


def _invoice(chance: random.Random, company: str) -> Image.Image:
    image = Image.new("RGB", (820, 1100), chance.choice(("white", "#fdfcf7", "#f7f9fc")))
    pen, ink = ImageDraw.Draw(image), chance.choice(_INK)
    face = str(_FOLDER / chance.choice(FONTS))

    def write(x: float, y: float, text: str, size: int, fill: str = "") -> None:
        pen.text((x, y), text, font=ImageFont.truetype(face, size), fill=fill or ink)

    number = _SENDERS.index(company)
    write(60, 50, company, 22)
    write(60, 82, f"{chance.choice(STREETS)} {chance.randint(1, 90)}, {chance.randint(10000, 99999)}", 15)
    slots = [(60, 760), (450, 760), (60, 900), (450, 900)]
    seller, logo, vat = chance.sample(slots, 3)
    write(seller[0], seller[1], "Seller", 17)
    write(seller[0], seller[1] + 24, company, 19)
    write(vat[0], vat[1] + 40, f"VAT id {company.split()[0][:4].upper()}{7000 + 311 * number}", 17)
    pen.ellipse((logo[0], logo[1], logo[0] + 110, logo[1] + 110), fill=_COLOURS[number])
    write(logo[0] + 26, logo[1] + 30, company[0], 44, "white")
    write(chance.randint(60, 160), 200, chance.choice(_CUSTOMERS), 44)
    write(60, 290, f"Invoice {chance.randint(1000, 9999)}", 30)
    write(60, 335, f"Date {chance.randint(1, 28)}.{chance.randint(1, 12)}.2026", 20)
    total = 0.0
    for row in range(chance.randint(3, 7)):
        price = round(chance.uniform(3, 300), 2)
        total += price
        write(60, 400 + 36 * row, chance.choice(GOODS), 20)
        write(620, 400 + 36 * row, f"{price:.2f}", 20)
    write(60, 670, "Total", 24)
    write(610, 670, f"{total:.2f}", 24)
    write(chance.randint(60, 200), 1035, chance.choice(_ADS), 40, chance.choice(_COLOURS))
    return image


def main() -> None:
    """Print the table."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        made = draw(place / "invoices", number, seed)
        workspace = Workspace(Config(place / "workspace"))
        print(f"{number} invoices of {len(_SENDERS)} companies, seed {seed}, by company\n")
        print("| looked at | ACC | not sure | nothing found | CPU-s |\n|---|---|---|---|---|")
        for asked in ASKED:
            _ask(workspace, place / "invoices", asked, made)
        workspace.close()


def _ask(workspace: Workspace, folder: Path, asked: str, made: list[Invoice]) -> None:
    origin = source.find(str(folder), "", workspace.config, focus=asked)
    run_id = runs.start(workspace, origin, RunSettings("", "company", len(_SENDERS)))
    began = time.process_time()
    runs.run(workspace, run_id, "assign", origin=origin)
    took = time.process_time() - began
    found = {row.name: row.cluster.id if row.cluster else None for row in rows(workspace.store, run_id)}
    placed = [found.get(one.name) for one in made]
    acc = hungarian_accuracy([one.company for one in made], placed)
    nothing = len(workspace.store.datasets.without_focus(origin.dataset_id))
    print(f"| {asked or 'the whole image'} | {acc:.3f} | {placed.count(None) - nothing} | {nothing} | {took:.1f} |")


if __name__ == "__main__":
    main()
