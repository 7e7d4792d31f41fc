// One rectangle on an image, in shares of its sides. What lies outside is darkened.

const drawings = new WeakMap()  // parentElement -> { box, from }
const STEP = 0.01, FIRST = [0.25, 0.25, 0.75, 0.75]

export default function (component) {
  const { data, parentElement } = component
  const state = drawings.get(parentElement) ?? {}
  drawings.set(parentElement, state)
  if (!state.from) state.box = data.box ?? undefined
  Object.assign(state, { component, root: parentElement })
  const frame = parentElement.querySelector(".frame"), image = parentElement.querySelector("img")
  const source = "/images/view/" + encodeURIComponent(data.image)
  if (!image.src.endsWith(source)) image.src = source
  image.alt = data.words.alt
  frame.setAttribute("aria-label", data.words.label)
  frame.title = data.words.label
  frame.onpointerdown = event => begin(state, frame, event)
  frame.onpointermove = event => state.from && draw(state, span(state.from, place(frame, event)))
  frame.onpointerup = event => end(state, span(state.from, place(frame, event)))
  frame.onpointercancel = () => { state.from = undefined; draw(state, state.before) }
  frame.onkeydown = event => key(state, event)
  draw(state, state.box)
}

function begin(state, frame, event) {
  state.from = place(frame, event)
  state.before = state.box
  frame.setPointerCapture(event.pointerId)
}

function place(frame, event) {
  const { left, top, width, height } = frame.querySelector("img").getBoundingClientRect()
  return [inside((event.clientX - left) / width), inside((event.clientY - top) / height)]
}

function inside(share) {
  return Math.min(1, Math.max(0, share))
}

function span([x, y], [other, below]) {
  return [Math.min(x, other), Math.min(y, below), Math.max(x, other), Math.max(y, below)]
}

// A click draws nothing: what was drawn stays.
function end(state, box) {
  if (!state.from) return
  state.from = undefined
  const drawn = box[2] - box[0] > STEP && box[3] - box[1] > STEP
  draw(state, drawn ? box : state.before)
  if (drawn) state.component.setTriggerValue("drawn", box)
}

function key(state, event) {
  const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key]
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  const [left, top, right, bottom] = state.box ?? FIRST
  const moved = state.box ? event.shiftKey
    ? [left, top, inside(Math.max(right + by[0], left + 2 * STEP)), inside(Math.max(bottom + by[1], top + 2 * STEP))]
    : shifted([left, top, right, bottom], by) : FIRST
  draw(state, moved)
  clearTimeout(state.later)  // a key that is held moves it many times
  state.later = setTimeout(() => state.component.setTriggerValue("drawn", moved), 400)
}

function shifted([left, top, right, bottom], [across, down]) {
  const x = Math.min(1 - right, Math.max(-left, across)), y = Math.min(1 - bottom, Math.max(-top, down))
  return [left + x, top + y, right + x, bottom + y]
}

function draw(state, box) {
  state.box = box
  const drawing = state.root.querySelector("svg")
  drawing.setAttribute("viewBox", "0 0 1 1")
  drawing.setAttribute("preserveAspectRatio", "none")
  if (!box) return drawing.replaceChildren()
  const [left, top, right, bottom] = box
  const around = document.createElementNS("http://www.w3.org/2000/svg", "path")
  around.setAttribute("d", `M0 0H1V1H0Z M${left} ${top}H${right}V${bottom}H${left}Z`)
  const line = document.createElementNS("http://www.w3.org/2000/svg", "rect")
  for (const [name, value] of Object.entries({ x: left, y: top, width: right - left, height: bottom - top })) {
    line.setAttribute(name, value)
  }
  drawing.replaceChildren(around, line)
}
