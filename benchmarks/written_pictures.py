"""Made-up pictures with text, drawn: invoices and receipts of ten companies in five languages, packages of eight
brands, street signs, screenshots, and pictures without text; some turned, blurred or small."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

COMPANIES = (
    "Nordwind Handel GmbH", "Bluebird Supplies Ltd", "Maison Duvert SARL", "Ferreira & Filhos Lda",
    "Officina Rossetti S.r.l.", "Kestrel Tools Inc.", "Papeterie Lumière", "Hernández Hermanos S.L.",
    "Alpenblick Getränke AG", "Greenfield Farm Co.",
)  # fmt: skip
BRANDS = ("Solvanta", "Krispo", "Mellow Oak", "ZENBREW", "Puritas", "Tondo", "Northpeak", "Bella Vita")
GOODS = ("Fruit tea", "Washing powder", "Corn flakes", "Ground coffee", "Olive oil", "Dark chocolate")
SIGNS = ("ONE WAY", "STOP", "Main Street", "Exit 24", "NO PARKING", "Station", "Museum", "Hill Road", "Airport 5 km")
ENTRIES = ("Settings", "Account", "Notifications", "Privacy", "Sign out", "Search", "Downloads", "Inbox", "Drafts")
STREETS = ("Hafenweg", "Mill Lane", "Rue Verte", "Calle Mayor", "Via Roma")
PEOPLE = ("A. Miller", "J. Novak", "P. Dubois", "M. Conti")
WORDS: Mapping[str, Mapping[str, str]] = {
    "English": {
        "invoice": "Invoice No.", "receipt": "Receipt No.", "date": "Date", "customer": "Customer", "vat": "VAT 20 %",
        "total": "Total", "pay": "Please pay within 30 days", "cash": "Cash", "change": "Change",
        "thanks": "Thank you for your purchase",
        "goods": "Steel screws|Copper pipe|Wooden board|Paint, white|Door handle",
    },
    "German": {
        "invoice": "Rechnung Nr.", "receipt": "Quittung Nr.", "date": "Datum", "customer": "Kunde", "vat": "MwSt. 19 %",
        "total": "Gesamtbetrag", "pay": "Zahlbar innerhalb von 30 Tagen", "cash": "Bar", "change": "Rückgeld",
        "thanks": "Vielen Dank für Ihren Einkauf",
        "goods": "Stahlschrauben|Kupferrohr|Holzbrett|Wandfarbe, weiß|Türgriff",
    },
    "French": {
        "invoice": "Facture N°", "receipt": "Reçu N°", "date": "Date", "customer": "Client", "vat": "TVA 20 %",
        "total": "Total à payer", "pay": "Paiement sous 30 jours", "cash": "Espèces", "change": "Monnaie rendue",
        "thanks": "Merci de votre visite",
        "goods": "Vis en acier|Tuyau en cuivre|Planche en bois|Peinture blanche|Poignée",
    },
    "Spanish": {
        "invoice": "Factura N.º", "receipt": "Recibo N.º", "date": "Fecha", "customer": "Cliente", "vat": "IVA 21 %",
        "total": "Importe total", "pay": "Pago en un plazo de 30 días", "cash": "Efectivo", "change": "Cambio",
        "thanks": "Gracias por su compra",
        "goods": "Tornillos de acero|Tubo de cobre|Tabla de madera|Pintura blanca|Tirador",
    },
    "Italian": {
        "invoice": "Fattura N.", "receipt": "Scontrino N.", "date": "Data", "customer": "Cliente", "vat": "IVA 22 %",
        "total": "Totale", "pay": "Pagamento entro 30 giorni", "cash": "Contanti", "change": "Resto",
        "thanks": "Grazie per il vostro acquisto",
        "goods": "Viti in acciaio|Tubo di rame|Tavola di legno|Vernice|Maniglia",
    },
}  # fmt: skip
"""Language -> what its invoices and receipts say."""
FONTS = (
    "dejavu/DejaVuSans.ttf", "dejavu/DejaVuSerif.ttf", "dejavu/DejaVuSansCondensed.ttf",
    "liberation/LiberationSans-Regular.ttf", "liberation/LiberationSerif-Regular.ttf",
)  # fmt: skip
_FOLDER = Path("/usr/share/fonts/truetype")


@dataclass(frozen=True, slots=True)
class Written:
    """What a picture shows; "" where the question does not apply."""

    name: str
    company: str = ""
    brand: str = ""
    document: str = ""
    language: str = ""
    text: str = "has text"


def draw(folder: Path, number: int, seed: int = 0) -> list[Written]:
    """Write so many JPEG files into the folder, and say what each shows."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    chance = random.Random(seed)
    for place in range(number):
        name = f"{place:04}.jpg"
        kind = (_paper, _paper, _paper, _paper, _paper, _package, _package, _sign, _screenshot, _plain)[place % 10]
        image, shown = kind(chance, name)
        _worn(chance, image).convert("RGB").save(folder / name, quality=88)
        made.append(shown)
    return made


def _font(chance: random.Random) -> Callable[[int], ImageFont.FreeTypeFont | ImageFont.ImageFont]:
    there = [_FOLDER / font for font in FONTS if (_FOLDER / font).is_file()]
    path = chance.choice(there) if there else None
    return lambda size: ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


def _paper(chance: random.Random, name: str) -> tuple[Image.Image, Written]:
    """An invoice or a receipt."""
    company, language = chance.choice(COMPANIES), chance.choice(list(WORDS))
    kind = "invoice" if chance.random() < 0.6 else "receipt"
    said = WORDS[language]
    width, height = (760, 1060) if kind == "invoice" else (420, 820)
    image = Image.new("RGB", (width, height), "white")
    pen, font, size = ImageDraw.Draw(image), _font(chance), chance.randint(15, 20)
    left, top = chance.choice([40, 60]), chance.randint(25, 70)
    head = chance.randint(22, 34) if kind == "invoice" else 22
    pen.text((left, top), company, fill=chance.choice(["navy", "black", "darkred", "darkgreen"]), font=font(head))
    lines = [f"{chance.randint(1, 90)} {chance.choice(STREETS)}, {chance.randint(10_000, 99_999)}"]
    lines += ["", f"{said[kind]} {chance.randint(100, 9_999)}"]
    lines += [f"{said['date']}: {chance.randint(1, 28):02}.{chance.randint(1, 12):02}.2024"]
    lines += [f"{said['customer']}: {chance.choice(PEOPLE)}", ""] if kind == "invoice" else [""]
    goods = said["goods"].split("|")
    for _ in range(chance.randint(3, 6)):
        price = f"{chance.randint(2, 99)},{chance.randint(10, 99)} €"
        lines.append(f"{chance.randint(1, 9)} x {chance.choice(goods)}\t{price}")
    lines += [f"{said['vat']}\t12,40 €", f"{said['total']}\t{chance.randint(20, 300)},{chance.randint(10, 99)} €", ""]
    lines += [said["pay"]] if kind == "invoice" else [f"{said['cash']}\t300,00 €", said["change"], said["thanks"]]
    for row, line in enumerate(lines):
        what, _, price = line.partition("\t")
        at = top + 50 + row * (size + 13)
        pen.text((left, at), what, fill="black", font=font(size))
        pen.text((width - 130, at), price, fill="black", font=font(size))
    return image, Written(name, company=company, document=kind, language=language)


def _package(chance: random.Random, name: str) -> tuple[Image.Image, Written]:
    brand, colour = chance.choice(BRANDS), tuple(chance.randint(60, 220) for _ in range(3))
    image = Image.new("RGB", (500, 600), tuple(min(255, value + 30) for value in colour))
    pen, font = ImageDraw.Draw(image), _font(chance)
    pen.rectangle((60, 40, 440, 560), fill=colour)
    pen.ellipse((150, 260, 350, 430), fill=tuple(255 - value for value in colour))
    ink = "white" if sum(colour) < 400 else "black"
    _middle(pen, brand, chance.randint(80, 160), font(chance.randint(44, 60)), ink, 500)
    _middle(pen, chance.choice(GOODS), 450, font(26), ink, 500)
    pen.text((90, 520), f"Net weight {chance.choice([100, 250, 500, 750])} g", fill=ink, font=font(18))
    return image, Written(name, brand=brand, document="label")


def _sign(chance: random.Random, name: str) -> tuple[Image.Image, Written]:
    image = Image.new("RGB", (600, 450), chance.choice(["skyblue", "lightgrey", "darkseagreen"]))
    pen = ImageDraw.Draw(image)
    pen.rectangle((280, 250, 320, 450), fill="grey")
    board = chance.choice(["green", "blue", "red", "black"])
    pen.rectangle((80, 90, 520, 260), fill=board, outline="white", width=6)
    _middle(pen, chance.choice(SIGNS), 145, _font(chance)(52), "white", 600)
    return image, Written(name, document="sign")


def _screenshot(chance: random.Random, name: str) -> tuple[Image.Image, Written]:
    image = Image.new("RGB", (900, 600), "white")
    pen, font = ImageDraw.Draw(image), _font(chance)
    pen.rectangle((0, 0, 900, 34), fill="#dddddd")
    for place, word in enumerate(("File", "Edit", "View", "Tools", "Help")):
        pen.text((15 + 70 * place, 8), word, fill="black", font=font(16))
    for place, word in enumerate(chance.sample(ENTRIES, 6)):
        pen.text((20, 70 + 40 * place), word, fill="black", font=font(18))
    pen.rectangle((250, 60, 880, 570), outline="grey")
    for row in range(5):
        pen.text((270, 130 + 34 * row), "The quick brown fox jumps over the lazy dog", fill="black", font=font(16))
    pen.text((720, 525), "Save", fill="black", font=font(16))
    pen.text((800, 525), "Cancel", fill="black", font=font(16))
    return image, Written(name, document="screenshot")


def _plain(chance: random.Random, name: str) -> tuple[Image.Image, Written]:
    image = Image.new("RGB", (500, 400), tuple(chance.randint(100, 250) for _ in range(3)))
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        x, y, width, height = (chance.randint(low, high) for low, high in ((0, 400), (0, 300), (30, 150), (30, 150)))
        shape = pen.ellipse if chance.random() < 0.5 else pen.rectangle
        shape((x, y, x + width, y + height), fill=tuple(chance.randint(0, 255) for _ in range(3)))
    return image, Written(name, text="no text")


def _middle(pen: ImageDraw.ImageDraw, text: str, top: int, font: object, ink: str, width: int) -> None:
    pen.text(((width - pen.textlength(text, font=font)) / 2, top), text, fill=ink, font=font)  # type: ignore[arg-type]


def _worn(chance: random.Random, image: Image.Image) -> Image.Image:
    """As it is, or turned a little, blurred, or small."""
    luck = chance.random()
    if luck < 0.25:
        return image.rotate(chance.uniform(-9, 9), expand=True, fillcolor="lightgrey")
    if luck < 0.4:
        return image.filter(ImageFilter.GaussianBlur(0.9))
    return image.resize((int(image.width * 0.65), int(image.height * 0.65))) if luck < 0.55 else image
