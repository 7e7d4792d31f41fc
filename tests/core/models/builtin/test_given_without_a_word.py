"""Names that the engine has no word for: what they may take, and that it is said to be a guess."""

from __future__ import annotations

import numpy as np

from core.models.builtin.from_pixels import given
from core.models.builtin.from_pixels.clusters import Groups, Places
from core.models.builtin.from_pixels.names import meaning
from core.models.builtin.from_pixels.words import domain, vocabulary


def _means(name: str) -> set[str]:
    words = vocabulary("subject")
    return {words.names[i] for i in np.flatnonzero(meaning("subject", name))}


def test_what_is_like_a_narrower_word_is_not_like_all_of_its_field() -> None:
    words = vocabulary("subject")
    clothing = int(words.members[words.names.index("clothing")].sum())
    assert {"jeans", "swimming trunks"} <= _means("shorts")
    assert 0 < len(_means("shorts")) < clothing / 3
    assert _means("automobile") == _means("car")


def test_a_name_that_is_only_known_to_be_of_the_field_takes_nothing_by_it() -> None:
    field = domain("garment")
    assert field is not None
    words = vocabulary("subject")
    seen = np.zeros((4, words.narrow), dtype=np.float32)
    seen[:, [words.names.index("gown"), words.names.index("kimono")]] = 0.5
    assert _means("outwear") >= {words.names[i] for i in np.flatnonzero(words.members[field])}
    assert given._homes("subject", ["outwear", "hat"], seen).tolist() == [0] * 4
    assert given._homes("subject", ["outwear", "hat"], seen, field).tolist() == [2] * 4


def test_a_group_that_is_several_names_worth_of_images_goes_to_none() -> None:
    member = np.repeat([0, 1], [60, 20])
    none = np.zeros((2, 1))
    found = Groups(member, np.eye(2)[member], Places(none, none[0]), none.astype(np.float32), none, none[:, 0])
    shares = np.full((80, vocabulary("subject").narrow), 1 / vocabulary("subject").narrow, dtype=np.float32)
    names = ["polo", "tulip", "hat", "shoe"]
    home = np.full(80, len(names), dtype=np.intp)
    assert len(given._guess(names, [0, 1], home, shares, found)) == 1
    assert set(home[:60].tolist()) == {len(names)}
    assert len(set(home[60:].tolist()) & {0, 1}) == 1


def test_a_group_of_another_kind_than_the_names_with_a_word_is_no_guess() -> None:
    words = vocabulary("subject")
    seen = np.zeros((2, words.narrow), dtype=np.float32)
    for row, inside in enumerate((["T-shirt", "jeans", "cardigan", "suit"], ["daisy", "vase", "bee", "rose hip"])):
        seen[row, [words.names.index(word) for word in inside]] = 0.25
    assert given._of_another_kind(["daisy", "tulip"], seen).tolist() == [True, False]
    assert given._of_another_kind(["tulip", "lily"], seen).tolist() == [False, False]  # nothing is known of their kind
