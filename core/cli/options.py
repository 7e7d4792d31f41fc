"""What the commands are and which options each takes.

Nothing of what a command does is imported here: `act` names the function that does it, which is loaded when the command
was chosen, so that --help and a mistyped option answer at once.
"""

from __future__ import annotations

import argparse
from typing import NoReturn

from core import prompts
from core.domain import Asking
from core.errors import BadInput


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without a page of usage."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message[0].upper()}{message[1:]}. See: {self.prog} --help")


def parser() -> Parser:
    """Reads a command line. `act` of what it returns: the function that does the work, as "module:name"."""
    whole = Parser(prog="python -m core", description="Group images by any criterion you can put in words.")
    commands = whole.add_subparsers(dest="command", required=True, parser_class=Parser)
    for add in (_run, _suggest, _read, _add, _import, _compare, _pack_and_unpack, _get):
        add(commands)
    return whole


def _run(commands: argparse._SubParsersAction[Parser]) -> None:
    run = commands.add_parser("run", help="describe, label, name and assign; write the results to --out")
    run.add_argument(
        "--images",
        default="",
        metavar="WHERE",
        help="folder, ZIP file, PDF file, CSV or Parquet table that lists images, s3://BUCKET/FOLDER, hf:NAME[:SPLIT]",
    )
    _zip_names_option(run)
    _table_encoding_option(run)
    run.add_argument("--pdf-pages", action="store_true", help="take PDF files as their pages, not the images in them")
    run.add_argument(
        "--only",
        default="",
        metavar="PART",
        help="look only at a part of each image: subject, line:WORDS, block:WORDS, box:L,T,R,B in %%, find:THING@MODEL",
    )
    run.add_argument("--criterion", default=None, metavar="TEXT", help="what to group by, e.g. colour")
    run.add_argument("--k", default="", metavar="N|auto", help="how many groups; auto: as many as stand out")
    _out_option(run)
    run.add_argument("--vision", default="builtin", metavar="KIND[:MODEL]", help="who describes (default: builtin)")
    run.add_argument(
        "--text", default="builtin", metavar="KIND[:MODEL]", help="who labels and assigns (default: builtin)"
    )
    run.add_argument("--records", default="", metavar="FILE.jsonl", help="descriptions made elsewhere, one JSON a line")
    run.add_argument("--names", default="", metavar="A,B,C", help="group names fixed beforehand")
    _truth_option(run)
    run.add_argument("--limit", type=int, default=0, metavar="N", help="use the first N images only")
    run.add_argument(
        "--try",
        dest="some",
        type=int,
        nargs="?",
        const=0,
        metavar="N",
        help="all steps on N images spread over all (default: 20, or three a group)",
    )
    _workspace_option(run)
    _baseline_options(run)
    _asking_options(run)
    run.set_defaults(act="core.cli.run:act")


def _suggest(commands: argparse._SubParsersAction[Parser]) -> None:
    ideas = commands.add_parser("suggest", help="say what the images could be grouped by, and into how many groups")
    ideas.add_argument("--images", default="", metavar="WHERE", help="as for run")
    _zip_names_option(ideas)
    _table_encoding_option(ideas)
    ideas.add_argument("--records", default="", metavar="FILE.jsonl", help="descriptions made elsewhere")
    ideas.add_argument("--criterion", default="", metavar="TEXT", help="say only how many groups this forms")
    ideas.add_argument(
        "--text", default="builtin", metavar="KIND[:MODEL]", help="a chat model that is asked too, in one request"
    )
    _truth_option(ideas)
    _workspace_option(ideas)
    ideas.set_defaults(act="core.cli.suggest:act")


def _read(commands: argparse._SubParsersAction[Parser]) -> None:
    read = commands.add_parser("read", help="read the text in all images, so that it can be searched for")
    read.add_argument("--images", required=True, metavar="WHERE", help="as for run")
    read.add_argument("--pdf-pages", action="store_true", help="take PDF files as their pages, not the images in them")
    _zip_names_option(read)
    _table_encoding_option(read)
    read.add_argument("--out", default="", metavar="FILE.csv", help="a table of image and text")
    _workspace_option(read)
    read.set_defaults(act="core.cli.read:act")


def _add(commands: argparse._SubParsersAction[Parser]) -> None:
    later = commands.add_parser("add", help="add images to a run; only what is new is described and assigned")
    later.add_argument("--to", required=True, metavar="RUN|latest", help="the id in run.json, or the newest run")
    later.add_argument("--images", required=True, metavar="DIR|ZIP|CSV", help="a folder may hold images added before")
    _zip_names_option(later)
    _table_encoding_option(later)
    later.add_argument("--out", default="", metavar="DIR", help="where the results of the whole run go")
    _workspace_option(later)
    later.set_defaults(act="core.cli.add:act")


def _import(commands: argparse._SubParsersAction[Parser]) -> None:
    bring = commands.add_parser("import", help="make a run from results made elsewhere, and score it")
    bring.add_argument(
        "path",
        metavar="PATH",
        help="CSV, JSONL or Parquet of image and cluster, or a folder with IC|TC's result files",
    )
    bring.add_argument("--images", default="", metavar="DIR|ZIP|CSV", help="the images that were grouped, to show them")
    _zip_names_option(bring)
    _table_encoding_option(bring)
    _truth_option(bring)
    bring.add_argument("--name", default="", metavar="TEXT", help="what was grouped by (default: the file's name)")
    _out_option(bring)
    _workspace_option(bring)
    bring.set_defaults(act="core.cli.import_results:act")


def _compare(commands: argparse._SubParsersAction[Parser]) -> None:
    two = commands.add_parser("compare", help="compare two runs on the same images, or cross their two criteria")
    two.add_argument("first", metavar="RUN", help="the id in run.json; of two versions, the earlier one")
    two.add_argument("second", metavar="RUN")
    two.add_argument("--out", default="", metavar="DIR", help="where the comparison goes, as files")
    _workspace_option(two)
    two.set_defaults(act="core.cli.compare:act")


def _pack_and_unpack(commands: argparse._SubParsersAction[Parser]) -> None:
    packing = commands.add_parser("pack", help="put the whole workspace into one ZIP file")
    packing.add_argument("--out", required=True, metavar="FILE.zip", help="the file to make")
    _workspace_option(packing)
    packing.set_defaults(act="core.cli.pack:pack")
    unpacking = commands.add_parser("unpack", help="make a workspace from such a file")
    unpacking.add_argument("file", metavar="FILE.zip", help="what `pack`, or the app's Export page, made")
    _workspace_option(unpacking)
    unpacking.set_defaults(act="core.cli.pack:unpack")


def _get(commands: argparse._SubParsersAction[Parser]) -> None:
    get = commands.add_parser("get", help="list the models that can be fetched, or fetch and test one")
    get.add_argument("name", nargs="?", default="", metavar="MODEL", help="the first word of its line in the list")
    get.add_argument("--remove", action="store_true", help="delete its files")
    _workspace_option(get)
    get.set_defaults(act="core.cli.get:act")


def _asking_options(run: argparse.ArgumentParser) -> None:
    group = run.add_argument_group("how chat models are asked")
    group.add_argument("--exact", action="store_true", help="read every description, not each distinct label")
    group.add_argument("--items", type=int, default=Asking().items, metavar="N", help="texts in one request, at most")
    group.add_argument("--samples", type=int, default=1, metavar="N", help="ask N times; confidence is the agreement")
    group.add_argument("--with-label", action="store_true", help="ask for the label with the description")
    group.add_argument("--also", default="", metavar="A,B", help="describe for these criteria too, in the same call")
    group.add_argument("--question", default="", metavar="TEXT", help="what to ask of each image (default: a preset's)")
    group.add_argument(
        "--example", default="", metavar="DESCRIPTION=>LABEL", help="a label done well (default: a preset's)"
    )
    group.add_argument(
        "--preset",
        default="",
        metavar="NAME",
        help="preset for question and example; none for none (default: the one that fits the criterion)",
    )
    group.add_argument("--sizes", choices=("data", "even"), default="data", help="even: groups of similar size")
    group.add_argument("--grain", choices=("coarse", "fine"), default="", help="broad or narrow groups")
    group.add_argument("--never", default="", metavar="TEXT", help="what must play no part, e.g. gender")
    group.add_argument("--language", default="", metavar="TEXT", help="of descriptions, labels and names")
    group.add_argument(
        "--prompt",
        action="append",
        default=[],
        metavar="FORM=FILE",
        help=f"own prompt; forms: {', '.join(prompts.FORMS)}",
    )
    group.add_argument("--fallback", default="", metavar="KIND:MODEL", help="asked where the first model fails")
    group.add_argument("--cap", type=float, default=0.0, metavar="DOLLARS", help="stop when the run has cost so much")
    group.add_argument(
        "--share", type=float, default=1.0, metavar="X", help="models look at this share (0 to 1); the rest follows"
    )
    group.add_argument("--estimate", action="store_true", help="say what the run would take, and do not begin it")


def _baseline_options(run: argparse.ArgumentParser) -> None:
    group = run.add_argument_group("a classical baseline, in place of --criterion")
    group.add_argument(
        "--baseline",
        default="",
        metavar="METHOD",
        help="kmeans, minibatch, gmm, agglomerative, spectral, dbscan or hdbscan: group features without words",
    )
    group.add_argument(
        "--features",
        default="network",
        metavar="WHAT",
        help="network, colours, hog, orb, sift, encoder:FOLDER (a vision encoder) or a file of descriptors",
    )
    group.add_argument("--paths", default="", metavar="TABLE", help="the image of each row of the descriptors")
    group.add_argument("--scale", default="standard", metavar="HOW", help="standard, minmax, robust or none")
    group.add_argument("--pca", type=float, default=0.9, metavar="X", help="share of the variance kept; 0 for no PCA")
    group.add_argument("--lda", default="", metavar="WHERE", help="LDA by these labels (as --truth) in place of PCA")


def _workspace_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace", default="", metavar="DIR", help="where answers are kept (default: data/workspace)"
    )


def _zip_names_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--zip-names",
        default="",
        metavar="ENCODING",
        help="what file names are written in that do not say it, e.g. cp932 (default: found out, and said)",
    )


def _table_encoding_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--table-encoding",
        default="",
        metavar="ENCODING",
        help="what a table (labels, results, list of images) is written in, e.g. cp1250 (default: found out, and said)",
    )


def _out_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="DIR", help="where the results go")


def _truth_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--truth",
        default="",
        metavar="WHERE",
        help="ground truth: folder, filename or CSV[:COLUMN]; alike:WHERE counts Red, red and RED as one label",
    )
