"""Results made elsewhere: read whole whatever their form, a run like any other, scored exactly as scikit-learn does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from conftest import DATASETS, needs_datasets
from house import EACH, House
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

from core.cli.main import main
from core.errors import BadInput
from core.ingest.external_results import read_results
from core.ingest.ictc_files import read_answers, read_names, short_names
from core.pipeline.import_results import bring_in
from core.results import decisions, run_view
from core.results.edits import Delete, Rename


def independent(truth: list[str], groups: list[str]) -> tuple[float, float, float]:
    """ACC, NMI and ARI with nothing of ours; an answer of no group is the group "?" that no class is matched to."""
    kept = [place for place, group in enumerate(groups) if group != "?"]
    table = contingency_matrix([truth[place] for place in kept], [groups[place] for place in kept])
    rows, columns = linear_sum_assignment(-table)
    acc = table[rows, columns].sum() / len(truth)
    return acc, normalized_mutual_info_score(truth, groups), adjusted_rand_score(truth, groups)


def scores(path: Path) -> tuple[float, float, float]:
    found = json.loads((path / "metrics.json").read_text(encoding="utf-8"))
    return found["acc"], found["nmi"], found["ari"]


@needs_datasets
def test_the_published_files_score_as_scikit_learn_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DATASETS / "ictc-ppmi"
    out = ["--out", str(tmp_path / "out"), "--workspace", str(tmp_path / "w")]
    assert main(["import", str(folder), *out, "--name", "instrument"]) == 0
    lines = [line.partition(" Answer: ") for line in (folder / "step3_result.txt").read_text().splitlines()]
    truth = [Path(name).stem.split("_")[1] for name, _, _ in lines]
    assert len(truth) == 700
    assert scores(tmp_path / "out") == pytest.approx(independent(truth, [answer for _, _, answer in lines]))
    assert "acc 0.964  nmi 0.928  ari 0.921" in capsys.readouterr().out
    run = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert (run["settings"]["vision"], run["settings"]["text"]) == ("records", "imported")
    assert run["models"]["text"].startswith("imported/")
    with (tmp_path / "out" / "assignments.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["image"] == "1000_Saxophone.jpg"
    assert rows[0]["label"] == "Saxophone"
    assert rows[0]["description"].startswith("The image features a young man")
    assert {row["source"] for row in rows} == {"model"}


@needs_datasets
def test_answers_of_no_group_count_as_scikit_learn_says(tmp_path: Path) -> None:
    """8,000 answers of GPT-4, of which ten are "none" or prose; put into IC|TC's form again."""
    place = DATASETS / "replay-stl10"
    names = json.loads((place / "about.json").read_text(encoding="utf-8"))["cluster_names"]
    rows = [json.loads(line) for line in (place / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    folder = tmp_path / "stl10"
    folder.mkdir()
    text = "\n".join(f"Image file-/home/x/{row['image']} Answer: {row['assigned']}" for row in rows)
    (folder / "step3_result.txt").write_text(text, encoding="utf-8")
    numbered = "\n\n".join(f"Answer {n}: {name}\nReason {n}: because" for n, name in enumerate(names, 1))
    (folder / "step2b_result.txt").write_text(numbered, encoding="utf-8")
    assert main(["import", str(folder), "--out", str(tmp_path / "out"), "--workspace", str(tmp_path / "w")]) == 0
    groups = [row["assigned"] if row["assigned"] in names else "?" for row in rows]
    assert groups.count("?") == 10
    expected = independent([row["truth"] for row in rows], groups)
    assert scores(tmp_path / "out") == pytest.approx(expected, abs=1e-12)  # sums in another order
    with (tmp_path / "out" / "assignments.csv").open(encoding="utf-8-sig", newline="") as file:
        odd = [row for row in csv.DictReader(file) if row["cluster"] == "Unassigned"]
    assert len(odd) == 10
    assert "none" in {row["reason"] for row in odd}  # what was said instead is kept


FORMS = {
    "as published": "Image file-/home/jovyan/data/{image} Answer: {answer}",
    "semicolon": "Image file-/home/jovyan/data/{image}; Answer: {answer}",
    "spaces": "Image file-/home/jovyan/data/{image}   Answer:   {answer}  ",
    "no word answer": "Image file-/home/jovyan/data/{image} {answer}",
    "trailing dot": "Image file-{image} Answer: {answer}.",
    "quotes": "Image file-{image} Answer: '{answer}'",
    "upper case": "IMAGE FILE-{image}; ANSWER: {answer}",
    "bare": "{image};{answer}",
    "bare with answer": "/data/{image}; Answer: {answer}",
    "comma": "{image}, {answer}",
    "tab": "{image}\t{answer}",
    "Windows paths": "Image file-C:\\data\\{image} Answer: {answer}",
    "colon": "Image file: {image}: {answer}",
    "blank lines": "\nImage file-/x/{image} Answer: {answer}\n\n",
    "over two lines": "Image file-/x/{image}\nAnswer: {answer}",
    "explained": "Image file-/x/{image} Answer: {answer}\n\nExplanation: the closest: nothing else, see 1: cat.",
    "written line break": "Image file-/x/{image} Answer: {answer}\\n\\nExplanation: none",
    "JSON Lines": '{{"image_file": "/x/{image}", "answer": "{answer}"}}',
}
ANSWERS = {
    "1_big cat.jpg": "cat", "2_big cat.PNG": "Cat", "3_dog_house.jpeg": "dog house", "4_dog.webp": "Dog House",
    "5_dog.jpg": "none of these", "6_x.jpg": "dog house",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_line_is_read(tmp_path: Path, form: str) -> None:
    text = "\n".join(FORMS[form].format(image=image, answer=answer) for image, answer in ANSWERS.items())
    (tmp_path / "step3_result.txt").write_text(text, encoding="utf-8")
    (tmp_path / "step2b_result.txt").write_text("1: cat\n2: dog house", encoding="utf-8")
    found = read_results(tmp_path)
    assert [row.record.image for row in found.rows] == list(ANSWERS)
    assert [found.group_of(row.answer) for row in found.rows] == ["cat"] * 2 + ["dog house"] * 2 + [None, "dog house"]
    assert not found.bad


def test_lines_without_images_go_by_their_order(tmp_path: Path) -> None:
    lines = [json.dumps({"text": f"A {answer}.", "question_id": n}) for n, answer in enumerate(ANSWERS.values())]
    (tmp_path / "step1_result.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "step3_result.txt").write_text("\n".join(f"Answer: {answer}" for answer in ANSWERS.values()))
    found = read_results(tmp_path)
    assert [row.answer for row in found.rows] == list(ANSWERS.values())
    assert found.rows[0].record.description == "A cat."
    (tmp_path / "step3_result.txt").write_text("Answer: cat", encoding="utf-8")
    with pytest.raises(BadInput, match="1 lines for 6 images"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1: saxophone\n2: double bass  \n", ["saxophone", "double bass"]),
        ("  Answer 1: dog\nAnswer 2: cat.\n\nAnswer10 : frog \nReason10 :The words: 'frog'", ["dog", "cat", "frog"]),
        ("Answer 1: dog\nReason 1: It has 2: legs", ["dog"]),
        ("1. **dog**\n2) cat", ["dog", "cat"]),
        ("- Class 1: dog\n- Class 2: Dog", ["dog"]),
        ("['dog', \"cat\"]", ["dog", "cat"]),
        ("dog\ncat\n", ["dog", "cat"]),
        ("", []),
    ],
)
def test_names_of_groups_are_read(text: str, names: list[str]) -> None:
    assert [name for name, _ in read_names(text)] == names


def test_reasons_become_meanings() -> None:
    assert read_names("Answer 1: dog\nReason 1: dogs, puppies\nAnswer 2: cat") == [
        ("dog", "dogs, puppies"),
        ("cat", ""),
    ]


def test_names_lose_what_they_share() -> None:
    assert short_names(["/a/b/red/1.jpg", "/a/b/blue/1.jpg"]) == {
        "/a/b/red/1.jpg": "red/1.jpg",
        "/a/b/blue/1.jpg": "blue/1.jpg",
    }
    assert read_answers("").answers == ()


def test_no_row_is_lost(tmp_path: Path) -> None:
    """Images that only one of the files names, answers given twice, lines that are damaged."""
    step1 = [{"image_file": f"/d/{n}_cat.jpg", "text": f"A cat {n}"} for n in range(4)]
    (tmp_path / "step1_result.jsonl").write_text("\n".join([*map(json.dumps, step1), "{damaged", ""]))
    step3 = ["preamble", *(f"Image file-/d/{n}_cat.jpg Answer: cat" for n in (0, 1, 1, 7))]
    (tmp_path / "step3_result.txt").write_text("\n".join(step3))
    out = tmp_path / "out"
    assert main(["import", str(tmp_path), "--out", str(out), "--workspace", str(tmp_path / "w")]) == 1
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["given"] == 8 == sum(run["counts"].values())  # 5 images and 3 lines
    assert run["counts"] == {"assigned": 3, "unassigned": 0, "failed": 2, "pending": 0, "skipped": 3}
    assert {entry["image"] for entry in run["failed"]} == {"2_cat.jpg", "3_cat.jpg"}
    assert any("second answer" in entry["reason"] for entry in run["skipped"])


def test_without_names_the_answers_are_the_groups(tmp_path: Path) -> None:
    said = ["Dog", "dog", "cat", "None", "none of the classes", "It is hard to say. " * 9]
    text = "\n".join(f"Image file-{place}_x.jpg Answer: {one}" for place, one in enumerate(said))
    (tmp_path / "step3_result.txt").write_text(text, encoding="utf-8")
    found = read_results(tmp_path)
    assert [name for name, _ in found.names] == ["Dog", "cat"]
    assert [found.group_of(row.answer) for row in found.rows] == ["dog", "dog", "cat", None, None, None]


@pytest.mark.parametrize("word", ["none", "NA", "n/a", "-1", "null", "nan", "unknown"])
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_words_for_nothing_are_groups_where_a_table_uses_them(word: str, ending: str, tmp_path: Path) -> None:
    said = [word, "red", "", "Unassigned", word]
    path = tmp_path / f"t.{ending}"
    if ending == "csv":
        path.write_text("image,cluster\n" + "".join(f"{place}.jpg,{one}\n" for place, one in enumerate(said)))
    else:
        path.write_text("\n".join(json.dumps({"image": f"{n}.jpg", "cluster": one}) for n, one in enumerate(said)))
    found = read_results(path)
    assert [name for name, _ in found.names] == [word, "red"]
    assert [found.group_of(row.answer) for row in found.rows] == [found.key(word), "red", None, None, found.key(word)]


def test_a_table_and_our_own_exports_come_back(house: House, tmp_path: Path) -> None:
    from core.export import downloads

    first = house.start(k=3, truth="folder")
    house.run(first)
    for make, name in ((downloads.table, "back.csv"), (downloads.lines, "back.jsonl")):
        path = tmp_path / name
        path.write_bytes(b"".join(make(house.workspace, first)))
        brought = bring_in(house.workspace, path, images=str(house.images))
        assert house.sizes(brought.run_id) == house.sizes(first)
        before, after = (run_view.rows(house.store, run_id) for run_id in (first, brought.run_id))
        assert [(row.item_id, row.truth, row.label, row.confidence) for row in after] == [
            (row.item_id, row.truth, row.label, row.confidence) for row in before
        ]
        first_scores, scores_again = (
            run_view.View(house.store, run_id).metrics() for run_id in (first, brought.run_id)
        )
        assert first_scores == scores_again
        assert brought.without_image == ()


def test_rows_and_images_that_do_not_meet_are_said(house: House, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("image;group;class\nred/0.png;warm;r\nblue/0.png;cold;b\nred/gone.png;warm;r\n;warm;r\n")
    house.workspace.close()
    out, place = tmp_path / "out", str(tmp_path / "w")
    assert main(["import", str(path), "--images", str(house.images), "--out", str(out), "--workspace", place]) == 1
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert run["without_image"] == ["red/gone.png"]
    assert run["given"] == 4 * EACH == sum(run["counts"].values())
    assert run["counts"]["failed"] == 4 * EACH - 2
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8"))["n"] == 2


def test_it_is_a_run_like_any_other(house: House, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    rows = [{"image": f"{colour}/0.png", "cluster": colour, "score": 1} for colour in ("red", "blue", "green", "grey")]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    run_id = bring_in(house.workspace, path, name="hue").run_id
    run = run_view.get_run(house.store, run_id)
    assert (run.status, run.settings.criterion) == ("done", "hue")
    assert house.vision.history == house.text.history == []
    decisions.add(house.store, run_id, Rename(house.id_of(run_id, "red"), "crimson"))
    decisions.add(house.store, run_id, Delete(house.id_of(run_id, "blue")))
    house.run(run_id)  # asks again what the edits touched
    assert house.sizes(run_id) == {"crimson": 1, "green": 1, "grey": 1, "unassigned": 1}
    assert next(row.reason for row in run_view.rows(house.store, run_id) if row.state == "unassigned") == "blue"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "does not exist"),
        ("t.xlsx", "x", "not a CSV, a JSONL file"),
        ("t.csv", "image\na.jpg\n", "needs a column of images and one of groups"),
        ("t.csv", "image,cluster\n,x\n", "no row that names an image"),
        ("t.csv", "image,cluster\na.jpg,\n", "gives no image a group"),
        ("t.csv", "", "empty or not a text table"),
        ("t.jsonl", "nonsense\n", "no row that names an image"),
        ("t.jsonl", '{"image": "a.jpg", "description": "x"}', "which group it is in"),
        ("folder", "", "holds no step3_result.txt"),
    ],
)
def test_what_cannot_be_brought_in_gets_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str | None, sentence: str
) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
    elif content is not None:
        path.write_text(content, encoding="utf-8")
    assert main(["import", str(path), "--out", str(tmp_path / "o"), "--workspace", str(tmp_path / "w")]) == 2
    said = capsys.readouterr().err
    assert sentence in said
    assert said.count("\n") == 1


def test_a_result_deeper_in_the_folder_is_found(tmp_path: Path) -> None:
    for name in ("gpt4", "llama"):
        (tmp_path / name / "llava").mkdir(parents=True)
        (tmp_path / name / "llava" / "step3_result.txt").write_text("Image file-1_a.jpg Answer: a")
    assert len(read_results(tmp_path / "gpt4").rows) == 1
    with pytest.raises(BadInput, match="holds 2 results"):
        read_results(tmp_path)
    assert len(read_results(tmp_path / "llama" / "llava" / "step3_result.txt").rows) == 1
