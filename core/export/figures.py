"""The figures of a report as pictures to put elsewhere: sizes of groups, where labels went, scores with intervals.

Each is a Vega-Lite specification with its numbers inside; vl-convert draws it as SVG or PNG, offline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from core.errors import BadInput
from core.results.run_view import View
from core.results.selection import REST

Form = Literal["svg", "png"]
Spec = dict[str, Any]
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_MOST = 40
"""Groups, and labels, that a figure shows: the largest."""
_ROW, _WIDTH, _SCALE = 22, 460, 2.0
"""Pixels of a row, of a figure, and of a PNG for each of these."""
_COLOUR = "#0f766e"
_LABEL = 40
"""Letters of a name."""
_SCORES = {
    "acc": "Accuracy (ACC)",
    "nmi": "NMI",
    "ari": "ARI",
    "ami": "AMI",
    "purity": "Purity",
    "fmi": "FMI",
    "v_measure": "V-measure",
    "homogeneity": "Homogeneity",
    "completeness": "Completeness",
    "name_acc": "Name accuracy",
}


def sizes(view: View) -> Spec:
    """A bar for each group, the largest first, and for what is in none."""
    held, states = view.sizes(), view.states()
    rows = [(cluster.name, held[cluster.id]) for cluster in view.edited.clusters]
    rows = sorted(rows, key=lambda row: (-row[1], row[0]))[:_MOST]
    rows += [(name, states[state]) for state, name in REST.items() if states[state]]
    values = [{"group": _keyed(place, name), "images": number} for place, (name, number) in enumerate(rows)]
    return _figure(
        "Images of each group",
        values,
        len(values),
        {
            "mark": {"type": "bar", "color": _COLOUR},
            "encoding": {"y": _names("group"), "x": {"field": "images", "type": "quantitative", "title": "Images"}},
        },
    )


def confusion(view: View) -> Spec:
    """Labels by groups, each field coloured by the share of the label. Raises BadInput without labels."""
    table = view.confusion()
    if not table.classes:
        raise BadInput("There are no labels to compare this run with.")
    named = {cluster.id: cluster.name for cluster in view.edited.clusters}
    order = sorted(range(len(table.classes)), key=lambda row: -int(table.counts[row].sum()))[:_MOST]
    columns = sorted(range(len(table.clusters)), key=lambda column: -int(table.counts[:, column].sum()))[:_MOST]
    values = [
        {
            "label": _keyed(place, table.classes[row]),
            "group": _keyed(at, named.get(str(table.clusters[column]), REST["unassigned"])),
            "images": int(table.counts[row, column]),
            "share": float(table.counts[row, column] / table.counts[row].sum()),
        }
        for place, row in enumerate(order)
        for at, column in enumerate(columns)
    ]
    axes = {"y": _names("label", "Label"), "x": _names("group", "Group", labelAngle=-40, labelLimit=220)}
    scale = {"domain": [0, 1], "range": ["#ffffff", _COLOUR], "interpolate": "rgb"}
    dark = {"condition": {"test": "datum.share > 0.5", "value": "#ffffff"}, "value": "#1c2321"}
    return _figure(
        "Where the images of each label went",
        values,
        len(order),
        {
            "encoding": axes,
            "layer": [
                {
                    "mark": {"type": "rect", "stroke": "#d9dedc"},
                    "encoding": {
                        "color": {
                            "field": "share",
                            "type": "quantitative",
                            "scale": scale,
                            "legend": {"title": "Share of the label", "format": ".0%"},
                        }
                    },
                },
                {
                    "transform": [{"filter": "datum.images > 0"}],
                    "mark": {"type": "text", "fontSize": 9},
                    "encoding": {"text": {"field": "images", "format": ","}, "color": dark},
                },
            ],
        },
    )


def scores(view: View) -> Spec:
    """A point for each score with its 95 % interval. Raises BadInput without labels."""
    found = view.metrics()
    if found is None:
        raise BadInput("There are no labels to compare this run with.")
    values = _scored(found)
    return _figure(
        "Scores with 95 % intervals",
        values,
        len(values),
        {
            "encoding": {"y": _names("score")},
            "layer": [
                {
                    "mark": {"type": "rule", "color": _COLOUR, "strokeWidth": 3, "opacity": 0.4},
                    "encoding": {
                        "x": {"field": "low", "type": "quantitative", "scale": {"domain": [0, 1], "clamp": True}},
                        "x2": {"field": "high"},
                    },
                },
                {
                    "mark": {"type": "point", "filled": True, "size": 70, "color": _COLOUR},
                    "encoding": {"x": {"field": "value", "type": "quantitative", "title": "1 is perfect"}},
                },
            ],
        },
    )


def _scored(found: Mapping[str, Any]) -> Sequence[Mapping[str, object]]:
    intervals = found["intervals"] or {}
    shown = {key: name for key, name in _SCORES.items() if found[key] is not None}
    return [
        {
            "score": _keyed(place, name),
            "value": found[key],
            "low": intervals.get(key, (found[key],) * 2)[0],
            "high": intervals.get(key, (found[key],) * 2)[1],
        }
        for place, (key, name) in enumerate(shown.items())
    ]


FIGURES: Mapping[str, Callable[[View], Spec]] = {"sizes": sizes, "confusion": confusion, "scores": scores}
"""What a figure is called -> what makes it of a run."""


NEED_LABELS = ("confusion", "scores")


def drawn(spec: Spec, form: Form) -> Iterator[bytes]:
    """A figure as a file."""
    import vl_convert

    if form == "svg":
        yield vl_convert.vegalite_to_svg(spec).encode()
    else:
        yield vl_convert.vegalite_to_png(spec, scale=_SCALE)


def _keyed(place: int, name: str) -> str:
    """A name that sorts by its place, and differs from any other that is cut to the same words."""
    return f"{place:03} {name if len(name) <= _LABEL else f'{name[: _LABEL - 1]}…'}"


def _names(field: str, title: str | None = None, **axis: object) -> Spec:
    """An axis of what `_keyed` gives, without the keys."""
    said = {"labelLimit": 280, "labelExpr": "slice(datum.label, 4)", **axis}
    return {"field": field, "type": "nominal", "axis": said, "title": title}


def _figure(title: str, values: Sequence[Mapping[str, object]], rows: int, drawing: Spec) -> Spec:
    return {
        "$schema": _SCHEMA,
        "title": {"text": title, "anchor": "start"},
        "width": _WIDTH,
        "height": max(rows, 1) * _ROW,
        "background": "#ffffff",
        "data": {"values": list(values)},
        "config": {"font": "Arial, Helvetica, sans-serif", "view": {"stroke": None}},
        **drawing,
    }
