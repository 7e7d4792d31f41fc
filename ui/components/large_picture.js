// One image, large, among those before and after it. Going on takes the place of this image in the browser's history, so
// that one step back leaves the large view, and shows the next picture at once; the server then tells the rest.

const places = new WeakMap()  // parentElement -> where we are among data.near
const PATIENCE = 5000  // milliseconds after which an answer is not waited for any longer

export default function (component) {
  const { data, parentElement } = component
  const state = places.get(parentElement) ?? {}
  places.set(parentElement, state)
  if (state.sent === data.id) state.sent = undefined
  const here = data.near.findIndex(one => one.id === data.id)
  // Faster fingers than the server: stay where they are, as long as that is in sight.
  const ahead = state.wanted ? data.near.findIndex(one => one.id === state.wanted) : -1
  if (ahead < 0 || ahead === here) state.wanted = undefined
  Object.assign(state, { component, data, at: ahead >= 0 ? ahead : here })
  state.before = here < 0 ? data.follows - 1 : undefined  // it has left the list: its neighbours are either side of there
  const [previous, next] = parentElement.querySelectorAll(".steps button")
  previous.onclick = () => step(state, -1)
  next.onclick = () => step(state, 1)
  if (state.listener) document.removeEventListener("keydown", state.listener)
  state.listener = event => pressed(state, event, parentElement)
  document.addEventListener("keydown", state.listener)
  state.root = parentElement
  draw(state)
  tell(state)
  return () => document.removeEventListener("keydown", state.listener)
}

function target(state, by) {
  const at = state.at >= 0 ? state.at + by : by < 0 ? state.before : state.before + 1
  return state.data.near[at] && { ...state.data.near[at], at }
}

function step(state, by) {
  const next = target(state, by)
  if (!next) return
  state.at = next.at
  state.wanted = next.id
  draw(state)
  tell(state)
}

// One step at a time: the server writes the address that it was told, which adds nothing to the history while that is the
// address still.
function tell(state) {
  const waits = state.sent && Date.now() - state.told < PATIENCE
  if (!state.wanted || state.wanted === state.data.id || waits) return
  const next = state.data.near.find(one => one.id === state.wanted)
  state.sent = next.id
  state.told = Date.now()
  history.replaceState(history.state, "", location.pathname + "?" + next.search)
  state.component.setTriggerValue("stepped", next.id)
}

function pressed(state, event, root) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const within = event.target === document.body || root.host === event.target || event.target.closest?.("button")
  if (!within) return
  const group = /^[1-9]$/.test(event.key) ? state.data.groups[event.key - 1] : undefined
  if (event.key === "ArrowLeft") step(state, -1)
  else if (event.key === "ArrowRight") step(state, 1)
  else if (event.key === "Escape") state.component.setTriggerValue("closed", true)
  else if (group) state.component.setTriggerValue("moved", { item: current(state).id, to: group })
  else return
  event.preventDefault()
}

function current(state) {
  return state.at >= 0 ? state.data.near[state.at] : { id: state.data.id, alt: state.data.alt }
}

// The lines that were read, around their letters; only of the image that the server told of.
function outline(state) {
  const { root, data } = state
  const image = root.querySelector("img"), drawing = root.querySelector("svg")
  const [width, height] = [image.naturalWidth, image.naturalHeight]
  const lines = current(state).id === data.id && image.complete ? data.lines : []
  drawing.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`)
  drawing.replaceChildren(...lines.map(line => {
    const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon")
    shape.setAttribute("points", line.corners.map(([x, y]) => `${x * width},${y * height}`).join(" "))
    if (line.telling) shape.setAttribute("class", "telling")
    return shape
  }))
}

function draw(state) {
  const { root, data } = state
  const shown = current(state)
  const image = root.querySelector("img"), words = root.querySelector(".words")
  image.hidden = !data.pictures
  words.hidden = data.pictures
  words.textContent = data.pictures ? "" : shown.alt
  if (data.pictures) {
    const source = "/images/view/" + encodeURIComponent(shown.id === data.id && data.picture || shown.id)
    image.onload = () => {
      root.querySelector(".frame").style.maxWidth = 2 * image.naturalWidth + "px"  // small ones: twice, not blurred
      outline(state)
    }
    if (!image.src.endsWith(source)) image.src = source
    image.alt = shown.alt
    outline(state)
    for (const by of [1, -1]) if (target(state, by)) new Image().src = "/images/view/" + encodeURIComponent(target(state, by).id)
  }
  const [previous, next] = root.querySelectorAll(".steps button")
  previous.textContent = "‹ " + data.words.previous
  next.textContent = data.words.next + " ›"
  previous.setAttribute("aria-label", data.words.previous)
  next.setAttribute("aria-label", data.words.next)
  previous.disabled = !target(state, -1)
  next.disabled = !target(state, 1)
  const place = state.at >= 0 ? data.first + state.at + 1 : 0
  const written = number => number.toLocaleString(data.words.numbers)
  root.querySelector(".place").textContent = place
    ? data.words.place.replace("{n}", written(place)).replace("{total}", written(data.total)) : ""
}
