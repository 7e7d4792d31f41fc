"""What a person chose beside the criterion, the number of groups and the models, for the images at hand.

Each choice is a value of the session (the widgets of ui/group/more_options.py have these keys). All of them are kept in
the workspace for these images, so that neither another page nor a refresh loses them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core import prompts
from core.domain import Asking, DatasetRow, RunSettings, Wording, same_name
from core.errors import BadInput
from core.ingest import focus
from core.models.model_spec import OPENAI_BATCH
from core.prompts import Form, presets
from core.prompts.presets import Preset
from ui.session import model_choice, state

AUTO, NONE, OWN = "auto", "none", "own"
"""Beside the names of presets: the one that fits the criterion, none, and words of the person's own."""
MANY = 200
"""From so many images on, models can look at a part of them only."""
DEFAULTS: Mapping[str, Any] = {
    "names": "", "sizes": "data", "grain": "", "never": "", "language": "",
    "preset": AUTO, "question": "", "example": "", "example-label": "",
    "overnight": False, "exact": False, "with-label": False, "also": "", "samples": 1, "items": Asking().items,
    "fallback": "", "cap": 0.0, "share": 100, "edited": {},
    "focus": "", "focus-words": "", "focus-box": "", "focus-thing": "", "focus-model": "",
}  # fmt: skip
_FOCUS = ("focus", "focus-words", "focus-box", "focus-thing", "focus-model")
"""What is looked at stands on the form itself, not among the further choices."""
_OF, _KEPT = "more-of", "more-kept"


def key(name: str) -> str:
    """Where the session keeps a choice; also the key of its widget."""
    return f"more-{name}"


def get(name: str) -> Any:
    """A choice as it stands."""
    value = st.session_state.get(key(name))
    return DEFAULTS[name] if value is None else value


def put(name: str, value: Any) -> None:
    """Set a choice; only before its widget is drawn."""
    st.session_state[key(name)] = value


def begin(given: DatasetRow) -> None:
    """Have the choices for these images at hand: those of the session, else those kept, else none."""
    if st.session_state.get(_OF) == given.id:
        return
    value = state.workspace().store.datasets.options(given.id)
    _fill(_of_focus(given.source.focus) | _read(value))
    st.session_state[_OF], st.session_state[_KEPT] = given.id, value


def keep(given: DatasetRow) -> None:
    """Keep the choices for these images, if they changed."""
    changed = {name: get(name) for name, default in DEFAULTS.items() if get(name) != default}
    value = json.dumps(changed) if changed else ""
    if value != st.session_state.get(_KEPT):
        state.workspace().store.datasets.set_options(given.id, value)
        st.session_state[_KEPT] = value


def of_run(dataset_id: str, settings: RunSettings, focus_spec: str = "") -> None:
    """Take over the choices of a run, for another one on these images. focus_spec: the part of each, if any."""
    wording, asking = settings.wording, settings.asking
    fitting = presets.fitting(settings.criterion, own_presets())
    told = (wording.question, *wording.example)
    same = [preset.name for preset in own_presets() if told == (preset.question, preset.description, preset.label)]
    if (fitting and fitting.name in same) or not (fitting or any(told)):
        preset = AUTO
    else:
        preset = same[0] if same else OWN if any(told) else NONE
    now = model_choice.choice()
    batches = {spec for spec in (settings.vision, settings.text) if model_choice.kind(spec) == OPENAI_BATCH}
    _fill(
        {
            "overnight": bool(batches - {now.vision, now.text}),  # unless they were chosen so on Connect
            "names": "\n".join(settings.names), "sizes": wording.sizes, "grain": wording.grain,
            "never": wording.never, "language": wording.language,
            "preset": preset, "question": told[0], "example": told[1], "example-label": told[2],
            "exact": asking.exact, "with-label": asking.with_label, "also": "\n".join(asking.also),
            "samples": asking.samples, "items": asking.items, "fallback": settings.fallback, "cap": settings.cap,
            "share": round(100 * settings.share), "edited": dict(wording.edited), **_of_focus(focus_spec),
        }
    )  # fmt: skip
    st.session_state[_OF] = dataset_id


def applied(given: DatasetRow, settings: RunSettings) -> RunSettings:
    """The settings with what was chosen, as far as it concerns these models."""
    settings = replace(settings, names=tuple(listed(get("names"))))
    looks, reads = model_choice.is_chat(settings.vision), model_choice.is_chat(settings.text)
    if not looks and not reads:
        return settings
    wording = Wording(
        sizes=get("sizes"), grain=get("grain"), never=get("never").strip(), language=get("language").strip(),
        edited=tuple((form, get("edited")[form]) for form in forms(settings) if form in get("edited")),
    )  # fmt: skip
    asking = _asking(settings)
    questions = presets.questions(asking.also, own_presets())
    settings = replace(
        settings,
        wording=replace(presets.with_preset(wording, told(settings.criterion)), questions=questions),
        asking=asking,
        fallback=get("fallback"),
        cap=float(get("cap")),
    )
    return for_many(given, settings)


def for_many(given: DatasetRow, settings: RunSettings) -> RunSettings:
    """The settings with what was chosen for all of the images and is no help with a few: which part of them models
    look at, and that they may answer overnight."""
    if get("overnight"):
        settings = replace(
            settings, vision=model_choice.in_batches(settings.vision), text=model_choice.in_batches(settings.text)
        )
    return replace(settings, share=get("share") / 100 if can_share(given, settings) else 1.0)


def second(dataset_id: str) -> str:
    """The second model that was chosen for these images, "" for none."""
    if st.session_state.get(_OF) == dataset_id:
        return str(get("fallback"))
    return str(_read(state.workspace().store.datasets.options(dataset_id)).get("fallback", ""))


def _asking(settings: RunSettings) -> Asking:
    looks = model_choice.is_chat(settings.vision)
    also = [criterion for criterion in listed(get("also")) if not same_name(criterion, settings.criterion)]
    return Asking(
        exact=get("exact"),
        items=int(get("items")),
        samples=int(get("samples")),
        with_label=looks and get("with-label"),
        also=tuple(also) if looks and not get("with-label") else (),
    )


def forget() -> None:
    """All further choices as they come."""
    _fill({name: get(name) for name in _FOCUS})


def focused(given: DatasetRow) -> str:
    """The part of each image that is to be looked at (core.ingest.focus), "" for all of it. Raises BadInput where it is
    not said yet."""
    kind = get("focus") if given.source.has_images else ""
    match kind:
        case "line" | "block":
            return focus.read(f"{kind}:{get('focus-words')}").spec
        case "box":
            return focus.read(f"{kind}:{get('focus-box')}").spec
        case "find":
            return focus.read(f"{kind}:{get('focus-thing').replace('@', ' ')}@{get('focus-model')}").spec
    return str(kind)


def _of_focus(spec: str) -> dict[str, Any]:
    """The choices that give it; none for whole images."""
    if not spec:
        return {}
    asked = focus.read(spec)
    match asked.kind:
        case "box":
            return {"focus": asked.kind, "focus-box": spec.removeprefix("box:")}
        case "find":
            return {"focus": asked.kind, "focus-thing": asked.words, "focus-model": asked.model}
    return {"focus": asked.kind, "focus-words": asked.words}


def can_wait(settings: RunSettings) -> bool:
    """Whether models could answer overnight."""
    return model_choice.can_wait(settings.vision) or model_choice.can_wait(settings.text)


def can_share(given: DatasetRow, settings: RunSettings) -> bool:
    """Whether models may look at a part of the images only."""
    return model_choice.is_chat(settings.vision) and given.counts.get("ready", 0) >= MANY


def told(criterion: str) -> Preset | None:
    """The question and the example that models are given: of a preset, or the person's own words."""
    chosen = get("preset")
    if chosen == OWN:
        return Preset("", (), get("question").strip(), get("example").strip(), get("example-label").strip())
    if chosen == NONE:
        return None
    table = own_presets()
    return presets.fitting(criterion, table) if chosen == AUTO else next((p for p in table if p.name == chosen), None)


def own_presets() -> tuple[Preset, ...]:
    """The presets as they stand; those that came with Facetry where what was kept cannot be read."""
    try:
        return presets.read(state.workspace().store.preferences.get(presets.PREFERENCE))
    except BadInput:
        return presets.shipped()


def forms(settings: RunSettings) -> list[Form]:
    """The messages that a run with these models sends, as it stands."""
    looks, reads = model_choice.is_chat(settings.vision), model_choice.is_chat(settings.text)
    used = prompts.used(_asking(settings))
    return [form for form in used if (looks if prompts.step_of(form) == "describe" else reads)]


def listed(typed: str) -> list[str]:
    """What was typed one per line; on a single line, commas part it too."""
    lines = typed.strip().split("\n")
    parts = lines[0].split(",") if len(lines) == 1 else lines
    return [part.strip() for part in parts if part.strip()]


def changed(settings: RunSettings) -> list[str]:
    """Which choices differ from how they come, of those that concern these models."""
    concern = DEFAULTS if model_choice.is_chat(settings.vision) or model_choice.is_chat(settings.text) else ("names",)
    found = [name for name in concern if get(name) != DEFAULTS[name]]
    idle = {*_FOCUS, *(["also"] if get("with-label") else [])}
    if not any(form in get("edited") for form in forms(settings)):
        idle.add("edited")
    if not can_wait(settings):
        idle.add("overnight")
    return [name for name in found if name not in idle and not name.startswith(("question", "example"))]


def _fill(values: Mapping[str, Any]) -> None:
    for name, default in DEFAULTS.items():
        put(name, values.get(name, default))


def _read(value: str) -> dict[str, Any]:
    """What was kept; nothing where it cannot be read, and of what another version kept only what fits."""
    try:
        found = json.loads(value or "{}")
    except ValueError:
        return {}
    fits = {
        name: choice for name, choice in found.items() if name in DEFAULTS and isinstance(choice, type(DEFAULTS[name]))
    }
    edited = {form: prompt for form, prompt in fits.get("edited", {}).items() if form in prompts.FORMS}
    return {**fits, **({"edited": edited} if edited else {})}
