"""What the network's 1,000 outputs are called: short everyday names, definitions, and broader words above them.

Names and definitions are WordNet's as timm ships them (`ImageNetInfo` reads the same files; they are read directly here
because importing timm takes PyTorch). ImageNet's 1,000 classes are leaves without their parents, so the broader words
("dog", "car", "musical instrument") are listed here by class index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelUnavailable

CLASSES = 1000

_PLAIN = {
    7: "rooster", 8: "hen", 21: "kite (bird)", 97: "duck", 101: "elephant", 134: "crane (bird)", 263: "corgi",
    264: "Cardigan corgi", 296: "polar bear", 339: "horse", 341: "pig", 348: "sheep", 383: "lemur", 412: "dustbin",
    433: "swimming cap", 436: "estate car", 458: "brass plaque", 459: "bra", 468: "taxi", 487: "mobile phone",
    517: "crane (machine)", 588: "laundry basket", 589: "hair dryer", 608: "jeans", 610: "T-shirt", 618: "ladle",
    628: "ocean liner", 630: "loafer", 638: "swimsuit", 639: "swimsuit (one-piece)", 664: "computer monitor",
    671: "mountain bike", 673: "computer mouse", 677: "nail", 680: "baby bottle teat", 695: "padlock",
    697: "pyjamas", 705: "railway carriage", 707: "payphone", 714: "guitar pick", 717: "pickup truck",
    726: "hand plane", 738: "flowerpot", 748: "handbag", 751: "racing car", 760: "fridge", 769: "ruler",
    776: "saxophone", 782: "computer screen", 793: "shower cap", 800: "slot machine", 810: "keyboard key",
    831: "sofa", 834: "suit", 836: "sunglasses (dark)", 841: "sweatshirt", 842: "swimming trunks", 850: "teddy bear",
    862: "torch", 871: "trimaran", 881: "upright piano", 895: "warplane", 906: "tie", 921: "book cover",
    928: "ice cream", 929: "ice lolly", 932: "pretzel", 936: "cabbage", 948: "green apple", 963: "pizza",
    975: "lake", 978: "seaside", 981: "baseball player", 987: "sweetcorn", 989: "rose hip", 998: "ear of corn",
    999: "toilet paper", 465: "bulletproof vest", 869: "trench coat", 601: "hoop skirt", 474: "cardigan",
    447: "binoculars", 479: "car wheel", 581: "car grille", 908: "aircraft wing", 724: "pirate ship",
    913: "shipwreck", 914: "yawl (sailing boat)", 780: "sailing ship",
}  # fmt: skip

_BROADER: tuple[tuple[str, str], ...] = (
    ("dog", "151-268"), ("cat", "281-285"), ("big cat", "286-293"), ("wolf", "269-272"), ("fox", "277-280"),
    ("bear", "294-297"), ("monkey", "370-382"), ("ape", "365-369"), ("primate", "365-384"),
    ("elephant", "101 385 386"), ("antelope", "351-353"), ("cattle", "345-347"), ("sheep or goat", "348-350"),
    ("rabbit", "330-332"), ("pig", "341-343"), ("rodent", "333-338"), ("weasel family", "356-362"),
    ("whale", "147-148"), ("shark", "2-4"), ("fish", "0-6 389-397"), ("parrot", "87-90"), ("chicken", "7-8"),
    ("songbird", "10-20"), ("bird of prey", "21-24"), ("water bird", "97-100 127-146"), ("duck or goose", "97-100"),
    ("bird", "7-24 80-100 127-146"), ("snake", "52-68"), ("lizard", "38-48"), ("crocodile", "49-50"),
    ("turtle", "33-37"), ("frog", "30-32"), ("salamander", "25-29"), ("reptile", "33-68"), ("spider", "70-78"),
    ("beetle", "300-307"), ("butterfly", "321-326"), ("dragonfly", "319-320"), ("insect", "300-326"),
    ("crab", "118-121 125"), ("lobster", "122-124"), ("shellfish", "112-126"), ("pet", "151-268 281-285 330-333 338"),
    ("hoofed animal", "339-354"), ("sea creature", "0-6 107-110 115 118-125 147-150 327-329 389-397"),
    ("animal", "0-68 70-397"),
    ("flower", "984-986"), ("mushroom", "947 991-997"), ("fruit", "948-957 989"), ("vegetable", "936-946 987 998"),
    ("dessert", "927-929 960"), ("bread", "930-932 961"), ("fast food", "933 934 963 965"),
    ("food", "924-957 959-965 987"), ("drink", "966-967 969 441 440"), ("plant", "984-990 738 580"),
    ("car", "436 468 511 609 627 656 661 751 817 479 581"), ("truck", "555 569 675 717 864 867"),
    ("van", "407 656 675 734 757"), ("bus", "654 779 874"), ("train", "466 547 565 705 820 829"),
    ("airplane", "404 895 908"), ("ship", "403 510 628 724 780 833 913"),
    ("boat", "472 554 576 625 814 871 484 914 780 724"), ("watercraft", "403 472 484 510 554 576 625 628 724 "
     "780 814 871 914"),
    ("bicycle", "444 671"), ("motorcycle", "665 670"), ("tractor", "866 595 856"), ("tank", "847 586"),
    ("vehicle", "403-405 407 408 417 436 444 466 468 472 484 510 511 547 554 555 561 565 569 573 575 576 586 "
     "609 625 627 "
     "628 654 656 661 665 670 671 675 705 717 734 751 757 779 780 802 803 812 814 817 820 829 833 847 864 866 867 870 "
     "871 874 895 914"),
    ("shoe", "502 514 630 770 774 788"), ("hat", "439 452 515 518 560 667 715 793 796 808 433"),
    ("skirt", "601 655 689 775"), ("dress", "578 601 689 614 399 400"), ("coat", "568 617 869 501"),
    ("shirt", "610 841"), ("jacket", "834 617 869 474 652"), ("trousers", "608 842"), ("sweater", "474 841 911"),
    ("swimwear", "445 638 639 842"), ("underwear", "459 445 529"), ("bag", "414 748 636 728 893"),
    ("glasses", "836 837"), ("baby clothes", "443 529 697"), ("hosiery", "496 806"),
    ("clothing", "399 400 411 445 459 474 501 568 578 601 608 610 614 617 638 639 652 655 689 697 735 775 834 841 842 "
     "869 887 457 906 451 806 824 439 452 515 518 667 715 793 796 808 433 443 496 502 514 529 630 770 774 658 "
     "465 911 552"),
    ("guitar", "402 546 420"), ("piano", "579 881 687"), ("violin", "889 486"), ("brass instrument", "513 566 875"),
    ("woodwind instrument", "432 558 683 776 699 684"), ("drum", "541 822 642"),
    ("string instrument", "402 420 486 546 594 889"),
    ("musical instrument", "401 402 420 432 486 494 513 541 546 558 566 577 579 593 594 641 642 683 684 687 699 "
     "776 822 "
     "875 881 889"),
    ("chair", "423 559 765 857 703"), ("table", "532 736 526"), ("bed", "564 431 516 520"),
    ("cabinet", "453 493 495 648 894 492 548"), ("lamp", "619 846"),
    ("furniture", "423 431 453 492 493 495 516 520 526 532 548 559 564 648 703 765 831 857 894"),
    ("computer", "508 527 590 620 664 673 782 681"), ("phone", "487 528 707"), ("camera", "732 759"),
    ("electronics", "482 485 487 508 527 528 530 590 605 620 632 662 664 673 732 742 754 759 761 782 851"),
    ("bottle", "440 720 737 898 907 899"), ("cup", "504 968 967 647"), ("glass", "441 572"), ("bowl", "659 809"),
    ("cookware", "469 505 521 544 567 909 849 550"), ("kitchen tool", "473 499 618 813 828 910 512"),
    ("ball", "429 430 522 574 722 768 805 852 890"), ("tool", "477 491 587 596 623 740 783 784 792 499"),
    ("weapon", "413 456 471 657 763 764"), ("clock", "409 530 531 604 826 835 892"),
    ("bridge", "821 839 888"), ("tower", "442 900 437"), ("place of worship", "497 663 668 832 406"),
    ("house", "425 449 660 853 915"), ("building", "425 442 449 483 497 498 580 624 663 668 698 743 762 832 853 915"),
    ("shop", "415 454 467 509 582 788 860 865"), ("mountain", "970 979 980"), ("beach", "976-978"),
    ("landscape", "970 972 974-980"), ("container", "412 427 463 478 519 588 756 790"),
    ("person", "981-983 652"), ("toy", "850 865 611 723"), ("drawing", "917 921 611 918"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words for what the network can see.

    names: short names, the 1,000 classes first, then the broader words. definitions: one for each of the classes.
    members: (number of names, 1000) float32, 1 where a class belongs to a name; the first 1,000 rows are the identity.
    synonyms: of each of the classes, WordNet's other words for it.
    """

    names: tuple[str, ...]
    definitions: tuple[str, ...]
    members: NDArray[np.float32]
    synonyms: tuple[tuple[str, ...], ...]


@cache
def lexicon() -> Lexicon:
    """The words, read once. Raises ModelUnavailable when timm is not installed."""
    folder = _timm_info()
    offsets, words = synsets(), synonyms()
    meanings = _table(folder / "imagenet_synset_to_definition.txt")
    first = [words[offset][0] for offset in offsets]
    leaves = [_PLAIN.get(i, name) for i, name in enumerate(first)]
    taken = set(leaves)
    broader = [(name, spec) for name, spec in _BROADER if name not in taken]
    # A broader word that is also a class ("elephant") widens the class: same word, so the wider meaning wins.
    rows = np.zeros((CLASSES + len(broader), CLASSES), dtype=np.float32)
    rows[:CLASSES] = np.eye(CLASSES, dtype=np.float32)
    for row, (_, spec) in enumerate(broader, start=CLASSES):
        rows[row, indices(spec)] = 1.0
    for name, spec in _BROADER:
        if name in taken:
            rows[leaves.index(name), indices(spec)] = 1.0
    return Lexicon(
        names=(*leaves, *(name for name, _ in broader)),
        definitions=tuple(meanings[offset] for offset in offsets),
        members=rows,
        synonyms=tuple(words[offset] for offset in offsets),
    )


@cache
def synsets() -> tuple[str, ...]:
    """The WordNet synset of each of the 1,000 classes."""
    return tuple((_timm_info() / "imagenet_synsets.txt").read_text(encoding="utf-8").split())


def synonyms() -> dict[str, tuple[str, ...]]:
    """The words of each of the 21,842 synsets of the whole ImageNet, the usual one first."""
    lemmas = _table(_timm_info() / "imagenet_synset_to_lemma.txt")
    return {synset: tuple(word.strip() for word in words.split(",")) for synset, words in lemmas.items()}


def indices(spec: str) -> list[int]:
    """The class indices that a table of words lists: "7-8 80" is 7, 8 and 80."""
    out: list[int] = []
    for part in spec.split():
        low, _, high = part.partition("-")
        out.extend(range(int(low), int(high or low) + 1))
    return out


def _table(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines if "\t" in line)


def _timm_info() -> Path:
    spec = find_spec("timm")
    if spec is None or spec.origin is None:
        raise ModelUnavailable("The names of what the built-in engine sees come with timm; run: pip install timm")
    return Path(spec.origin).parent / "data" / "_info"
