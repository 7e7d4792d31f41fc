"""Texts and names that people bring, from bytes: what they are written in, and where their lines end."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Generator, Iterable, Mapping
from typing import BinaryIO

CODE_PAGES: Mapping[str, str] = {
    "cp932": "Japanese (cp932)",
    "cp949": "Korean (euc-kr)",
    "gbk": "simplified Chinese (gbk)",
    "big5": "traditional Chinese (big5)",
    "cp1252": "Western European (Windows-1252)",
    "mac_roman": "Western European Mac (mac-roman)",
    "cp437": "DOS (cp437)",
    "cp850": "Western European DOS (cp850)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp866": "Cyrillic DOS (cp866)",
    "cp1250": "Central European (Windows-1250)",
    "cp1253": "Greek (Windows-1253)",
}
"""What text that is no Unicode may be written in, as Python calls it -> in words. Where two fit alike, the first."""
NAME_PAGES = tuple(page for page in CODE_PAGES if page != "mac_roman")
"""Those of file names: Macs write Unicode."""
UTF_8 = "utf-8"
_RARE_PAGES: Mapping[str, str] = {
    "euc_jp": "Japanese (euc-jp)",
    "iso2022_jp": "Japanese (iso-2022-jp)",
    "koi8_r": "Cyrillic (koi8-r)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp874": "Thai (Windows-874)",
    "cp1258": "Vietnamese (Windows-1258)",
}
"""What is not found out, as it cannot be told from the others by a few words: only said by a person."""
TABLE_PAGES = (UTF_8, "utf-16", *CODE_PAGES, *_RARE_PAGES)
"""What a person can say that a table is written in."""
_WORDS = {
    UTF_8: "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
}
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_JAPANESE_MAIL = b"\x1b$"
_PIECE = 1024**2
_HEAD = 4096
_SAMPLE = 16 * 1024
"""Bytes of lines with other letters than ASCII that code pages are judged by."""
_FREQUENT = {"cp932": (0x81, 0x97), "cp949": (0xA1, 0xC8), "gbk": (0xA1, 0xD7), "big5": (0xA1, 0xC6)}
"""First bytes of the signs, kana, hangul and frequent ideographs (level 1); those above are rare in these standards."""
_IN_WORDS = "–—‘’“”…«»°©®"


class MixedText(ValueError):
    """Most lines are UTF-8 and some are not. line: the first of these, from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(f"Line {line} is not in UTF-8, as the others are.")
        self.line = line


def in_words(encoding: str) -> str:
    """An encoding as a person calls it."""
    return CODE_PAGES.get(encoding) or _RARE_PAGES.get(encoding) or _WORDS.get(encoding, encoding)


def encoding_of(file: BinaryIO) -> str:
    """What a text file is written in, from its first byte to its last. Raises MixedText, OSError.

    By its mark (BOM); else UTF-16 where every other byte of ASCII is zero; else UTF-8 where that is valid; else the
    code page that fits best (`code_page`). The file is read from its beginning, and left there.
    """
    head = file.read(_HEAD)
    file.seek(0)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    for encoding, zeros, others in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if zeros.count(0) > len(zeros) // 2 and not others.count(0):
            return encoding
    if _JAPANESE_MAIL in head and head.isascii():
        return "iso2022_jp"
    decoder = codecs.getincrementaldecoder(UTF_8)()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        file.seek(0)
        content = file.read()
        lines = [line for line in re.split(rb"[\r\n]", content) if not line.isascii()]
        damaged = [line for line in lines if not is_utf8(line)]
        if len(damaged) < len(lines) / 2:
            raise MixedText(1 + re.split(rb"\r\n|[\r\n]", content).index(damaged[0])) from None
        return code_page(lines, CODE_PAGES if b"\n" in content else ("mac_roman", *CODE_PAGES))
    finally:
        file.seek(0)
    return UTF_8


def decoded(content: bytes, encoding: str = "") -> tuple[str, str]:
    """A whole text and its encoding, without its mark; what is not valid becomes U+FFFD. Raises MixedText.

    encoding: in which it must be valid; "" to find it out. Raises UnicodeDecodeError.
    """
    if encoding:
        return content.decode(encoding).removeprefix("\ufeff"), encoding
    encoding = encoding_of(io.BytesIO(content))
    return content.decode(encoding, errors="replace").removeprefix("\ufeff"), encoding


def lenient(content: bytes) -> str:
    """The same for texts of which each line counts by itself: what is damaged becomes U+FFFD."""
    try:
        return decoded(content)[0]
    except MixedText:
        return content.decode("utf-8-sig", errors="replace")


def split_lines(text: str) -> list[str]:
    """The lines of a text. They end with LF or CR LF, or with CR where there is no LF at all (old Mac); whatever else
    `str.splitlines` splits at (U+2028, U+0085, form feeds) belongs to the text."""
    return [line.removesuffix("\r") for line in text.split("\n" if "\n" in text else "\r")]


def lines_of(file: BinaryIO) -> Generator[str, None, None]:
    """The lines of a large file, one at a time, each without its end (as `split_lines`); damaged bytes become U+FFFD.

    Raises OSError.
    """
    try:
        encoding = encoding_of(file)
    except MixedText:
        encoding = UTF_8
    reader = io.TextIOWrapper(file, encoding, errors="replace", newline="\n")
    try:
        first = reader.readline()
        yield from [first.removesuffix("\n")] if first.endswith("\n") else split_lines(first)  # else old Mac
        for line in reader:
            yield line.removesuffix("\n")
    finally:
        reader.detach()  # else it would close the file


def is_utf8(content: bytes) -> bool:
    try:
        content.decode(UTF_8)
    except UnicodeDecodeError:
        return False
    return True


def code_page(texts: Iterable[bytes], pages: Iterable[str] = CODE_PAGES) -> str:
    """The page of `pages` that fits all these texts best; the least that can be wrong for texts of a few letters.

    Judged by the mess that charset-normalizer sees, and by what no one writes in names and words (`_odd`). A page in
    which a text is not valid is none; cp437 has every byte.
    """
    from charset_normalizer import from_bytes

    known = list(dict.fromkeys(text for text in texts if not text.isascii()))
    valid = [page for page in dict.fromkeys(pages) if all(_fits(text, page) for text in known)]
    sample = b"\n".join(known)[:_SAMPLE].rpartition(b"\n")[0] or b"\n".join(known)[:_SAMPLE]
    scores: dict[str, float] = {}
    if valid and sample:
        for match in from_bytes(sample, cp_isolation=valid, threshold=1.0, enable_fallback=False):
            for page in {match.encoding, *match.could_be_from_charset} & {*valid}:
                scores[page] = match.chaos + _odd(sample.decode(page, errors="replace"), page)
    return min(valid, key=lambda page: round(scores.get(page, 2.0), 1), default="cp437")


def _fits(text: bytes, page: str) -> bool:
    try:
        found = text.decode(page)
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x80-\x9f]", found)  # control characters


def _odd(text: str, page: str) -> float:
    """The share of letters beyond ASCII that hardly stand so in a name: signs within words, wide letters beside narrow
    ones or made of one with the next, rare ideographs, a capital after a small letter."""
    low, high = _FREQUENT.get(page, (0, 0xFF))
    odd, beyond = 0.0, 0
    for before, letter, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if letter.isascii():
            continue
        beyond += 1
        kind = unicodedata.category(letter)[0]
        if unicodedata.east_asian_width(letter) not in "FWH":
            sign = kind not in "LM" and letter not in _IN_WORDS
            odd += sign or (letter.isupper() and before.islower())
            continue
        raw = letter.encode(page, "replace")
        beside = any(one.isascii() and one.isalpha() for one in (before, after))
        if kind == "L":
            rare = len(raw) == 1 or not low <= raw[0] <= high or (page in ("gbk", "cp949") and raw[1] < 0xA1)
            odd += rare / 2 + beside
        else:
            odd += len(raw) == 1 or (beside and raw[-1:].isalpha())
    return odd / max(beyond, 1)
