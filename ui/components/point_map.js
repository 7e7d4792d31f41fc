// A map of up to hundreds of thousands of points, in two or three dimensions. Points are written into the pixels of one
// picture, which is quick on any computer and needs no WebGL. Text and attributes are set, never HTML.

const kept = new WeakMap()  // parentElement -> what is shown and chosen there
const NEAR = 10, CLICK = 4, STEP = 40

export default function (component) {
  const { data, parentElement: root } = component
  const state = kept.get(root) ?? { tool: "lasso", chosen: new Set(), path: [] }
  kept.set(root, state)
  const other = state.data?.version !== data.version
  Object.assign(state, { component, data, root, canvas: root.querySelector("canvas"), tip: root.querySelector(".tip") })
  if (other) {
    state.points = new Float32Array(bytes(data.points).buffer)
    state.ids = data.ids.split("\n")
    state.names = data.names.split("\n")
    state.count = state.ids.length
    state.sx = new Float32Array(state.count)
    state.sy = new Float32Array(state.count)
    state.depth = new Float32Array(state.count)
    state.chosen = new Set()
    reset(state)
  }
  if (state.coloured !== data.coloured) {
    state.kinds = bytes(data.kinds)
    state.coloured = data.coloured
  }
  if (state.cleared !== data.cleared) {
    state.cleared = data.cleared
    state.chosen = new Set()
  }
  tools(state)
  legend(state)
  wire(state)
  draw(state)
  const watch = new ResizeObserver(() => draw(state))
  watch.observe(state.canvas)
  return () => watch.disconnect()
}

function bytes(text) {
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
}

function reset(state) {
  Object.assign(state, { x: 0, y: 0, scale: 1, yaw: 0.6, pitch: 0.4 })
}

// Where each point is on the canvas, in its pixels.
function project(state, width, height) {
  const { points, sx, sy, depth, count, data } = state
  const unit = Math.min(width, height) / 2 * 0.94 * state.scale, middle = width / 2, centre = height / 2
  if (data.dimensions === 2) {
    for (let i = 0; i < count; i++) {
      sx[i] = middle + (points[2 * i] - state.x) * unit
      sy[i] = centre - (points[2 * i + 1] - state.y) * unit
    }
    return
  }
  const cy = Math.cos(state.yaw), sn = Math.sin(state.yaw), cp = Math.cos(state.pitch), sp = Math.sin(state.pitch)
  for (let i = 0; i < count; i++) {
    const x = points[3 * i], y = points[3 * i + 1], z = points[3 * i + 2]
    const across = cy * x + sn * z, back = cy * z - sn * x
    const up = cp * y - sp * back, near = sp * y + cp * back
    const size = unit * 0.75 * 3 / (3 - near)
    sx[i] = middle + (across - state.x) * size
    sy[i] = centre - (up - state.y) * size
    depth[i] = near
  }
}

function disc(radius) {
  const found = []
  const reach = Math.ceil(radius)
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) if (x * x + y * y <= radius * radius) found.push([x, y])
  return found
}

function draw(state) {
  cancelAnimationFrame(state.frame)
  state.frame = requestAnimationFrame(() => paint(state))
}

function paint(state) {
  const { canvas, count, data } = state
  const ratio = Math.min(devicePixelRatio || 1, 2)
  const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio)
  if (!width || !height) return
  const began = performance.now()
  if (canvas.width !== width || canvas.height !== height || !state.image) {
    canvas.width = width
    canvas.height = height
    state.image = canvas.getContext("2d").createImageData(width, height)
    state.front = new Float32Array(width * height)
  }
  const ground = rgb(getComputedStyle(canvas.parentElement).backgroundColor)
  const pixels = new Uint32Array(state.image.data.buffer)
  pixels.fill(packed(ground))
  const solid = data.legend.map(kind => packed(rgb(kind.colour)))
  const pale = data.legend.map(kind => packed(rgb(kind.colour).map((part, at) => part * 0.25 + ground[at] * 0.75)))
  project(state, width, height)
  const deep = data.dimensions === 3
  if (deep) state.front.fill(-9)
  const radius = ratio * (count < 2000 ? 4 : count < 20000 ? 2.5 : 1.2)
  const some = state.chosen.size > 0
  stamp(state, width, height, disc(radius), some ? pale : solid, null, deep)
  if (some) stamp(state, width, height, disc(radius + ratio), solid, state.chosen, deep)
  const context = canvas.getContext("2d")
  context.putImageData(state.image, 0, 0)
  outline(state, context, ratio)
  canvas.dataset.milliseconds = (performance.now() - began).toFixed(1)
}

// only: the rows to draw, null for all.
function stamp(state, width, height, offsets, colours, only, deep) {
  const { sx, sy, depth, kinds, front, count } = state
  const pixels = new Uint32Array(state.image.data.buffer)
  const one = i => {
    const x = Math.round(sx[i]), y = Math.round(sy[i]), colour = colours[kinds[i]]
    for (const [dx, dy] of offsets) {
      const px = x + dx, py = y + dy
      if (px < 0 || py < 0 || px >= width || py >= height) continue
      const at = py * width + px
      if (deep) {
        if (!only && front[at] > depth[i]) continue
        front[at] = depth[i]
      }
      pixels[at] = colour
    }
  }
  if (only) for (const i of only) one(i)
  else for (let i = 0; i < count; i++) one(i)
}

function outline(state, context, ratio) {
  if (state.path.length < 2) return
  context.strokeStyle = getComputedStyle(state.canvas).color
  context.lineWidth = 1.5 * ratio
  context.setLineDash([5 * ratio, 4 * ratio])
  context.beginPath()
  for (const [x, y] of corners(state)) context.lineTo(x * ratio, y * ratio)
  context.closePath()
  context.stroke()
}

// The outline that was drawn, in CSS pixels: of a box, its four corners.
function corners(state) {
  if (state.tool !== "box") return state.path
  const [left, top] = state.path[0], [right, bottom] = state.path.at(-1)
  return [[left, top], [right, top], [right, bottom], [left, bottom]]
}

function rgb(colour) {
  if (colour[0] === "#") return [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16))
  return (colour.match(/[\d.]+/g) ?? [255, 255, 255]).slice(0, 3).map(Number)
}

function packed([red, green, blue]) {
  return (255 << 24 | blue << 16 | green << 8 | red) >>> 0
}

function within(outlined, x, y) {
  let inside = false
  for (let i = 0, j = outlined.length - 1; i < outlined.length; j = i++) {
    const [ax, ay] = outlined[i], [bx, by] = outlined[j]
    if (ay > y !== by > y && x < (bx - ax) * (y - ay) / (by - ay) + ax) inside = !inside
  }
  return inside
}

// The point nearest to a place on the canvas; -1 where none is near. The foremost wins where several are.
function nearest(state, [x, y]) {
  const ratio = state.canvas.width / state.canvas.clientWidth
  let found = -1, best = (NEAR * ratio) ** 2
  for (let i = 0; i < state.count; i++) {
    const apart = (state.sx[i] - x * ratio) ** 2 + (state.sy[i] - y * ratio) ** 2
    if (apart <= best) { best = apart; found = i }
  }
  return found
}

function choose(state, rows, add) {
  state.chosen = new Set(add ? [...state.chosen, ...rows] : rows)
  state.component.setTriggerValue("chosen", { version: state.data.version, rows: [...state.chosen] })
  state.root.querySelector(".said").textContent = state.data.words.chosen.replace("{n}", state.chosen.size.toLocaleString("en"))
  draw(state)
}

function wire(state) {
  const { canvas } = state
  const place = event => {
    const box = canvas.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  canvas.onpointerdown = event => {
    if (event.button) return
    canvas.setPointerCapture(event.pointerId)
    state.path = [place(event)]
    state.moves = state.tool === "move"
    state.tip.hidden = true
  }
  canvas.onpointermove = event => {
    if (!state.path.length) return tell(state, place(event))
    const [x, y] = place(event), [px, py] = state.path.at(-1)
    if (state.moves) drag(state, x - px, y - py)
    state.path = state.tool === "lasso" || state.path.length < 2 ? [...state.path, [x, y]] : [state.path[0], [x, y]]
    draw(state)
  }
  canvas.onpointerup = event => {
    const outlined = state.path.length > 1 ? corners(state) : []
    const first = state.path[0], moves = state.moves
    state.path = []
    if (!first) return
    const far = Math.max(...[first, ...outlined].map(([x, y]) => Math.hypot(x - first[0], y - first[1])))
    if (far < CLICK) {
      const row = nearest(state, first)
      choose(state, row < 0 ? [] : [row], event.shiftKey)
    } else if (!moves) {
      const ratio = canvas.width / canvas.clientWidth
      const rows = []
      for (let i = 0; i < state.count; i++) if (within(outlined, state.sx[i] / ratio, state.sy[i] / ratio)) rows.push(i)
      choose(state, rows, event.shiftKey)
    } else draw(state)
  }
  canvas.onpointerleave = () => { state.tip.hidden = true }
  canvas.onpointercancel = () => { state.path = []; draw(state) }
  canvas.onwheel = event => {
    if (document.activeElement !== canvas && state.root.activeElement !== canvas && !event.ctrlKey) return  // pages scroll
    event.preventDefault()
    zoom(state, event.deltaY < 0 ? 1.2 : 1 / 1.2)
  }
  canvas.onkeydown = event => pressed(state, event)
}

function drag(state, x, y) {
  if (state.data.dimensions === 3) {
    state.yaw += x / 150
    state.pitch = Math.max(-1.5, Math.min(1.5, state.pitch + y / 150))
  } else {
    const unit = Math.min(state.canvas.clientWidth, state.canvas.clientHeight) / 2 * 0.94 * state.scale
    state.x -= x / unit
    state.y += y / unit
  }
}

function zoom(state, factor) {
  state.scale = Math.max(0.5, Math.min(80, state.scale * factor))
  draw(state)
}

function pressed(state, event) {
  const moves = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key in moves) drag(state, ...moves[event.key])
  else if (event.key === "+" || event.key === "=") zoom(state, 1.25)
  else if (event.key === "-") zoom(state, 0.8)
  else if (event.key === "0") reset(state)
  else if (event.key === "Escape") choose(state, [], false)
  else return
  event.preventDefault()
  event.stopPropagation()
  draw(state)
}

// Beside the pointer: the picture of the point that is under it, its name and what its colour means.
function tell(state, [x, y]) {
  const { tip, data, canvas } = state
  const row = nearest(state, [x, y])
  tip.hidden = row < 0
  if (row < 0) return
  const picture = tip.querySelector("img")
  picture.hidden = !data.pictures
  if (data.pictures) picture.src = "/images/thumb/" + encodeURIComponent(state.ids[row])
  tip.querySelector(".name").textContent = state.names[row]
  tip.querySelector(".kind").textContent = data.legend[state.kinds[row]].name
  tip.style.left = Math.min(x + 14, canvas.clientWidth - tip.offsetWidth - 4) + "px"
  tip.style.top = Math.max(4, Math.min(y + 14, canvas.clientHeight - tip.offsetHeight - 4)) + "px"
}

function tools(state) {
  const { data, root, canvas } = state
  const words = data.words
  const bar = root.querySelector(".tools")
  bar.setAttribute("aria-label", words.tools)
  canvas.setAttribute("aria-label", data.alt)
  canvas.parentElement.dataset.tool = state.tool
  const button = (name, act, pressed) => {
    const made = document.createElement("button")
    made.type = "button"
    made.textContent = words[name]
    made.dataset.name = name
    if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed))
    made.onclick = act
    return made
  }
  const use = name => button(name, () => {
    state.tool = name
    tools(state)
    bar.querySelector(`[data-name=${name}]`).focus()
  }, state.tool === name)
  bar.replaceChildren(
    use("lasso"), use("box"), use("move"),
    button("closer", () => zoom(state, 1.5)), button("further", () => zoom(state, 1 / 1.5)),
    button("reset", () => { reset(state); draw(state) }),
    button("clear", () => choose(state, [], false)), button("png", () => save(state)),
  )
}

function legend(state) {
  const entries = state.data.legend.map(kind => {
    const entry = document.createElement("li"), mark = document.createElement("i")
    mark.style.background = kind.colour
    entry.append(mark, `${kind.name} (${kind.count.toLocaleString("en")})`)
    return entry
  })
  state.root.querySelector(".legend").replaceChildren(...entries)
}

// The map as a picture, with its title above and its legend below.
function save(state) {
  const { canvas, data } = state
  const ratio = canvas.width / canvas.clientWidth, line = 20 * ratio
  const made = document.createElement("canvas")
  made.width = canvas.width
  made.height = canvas.height + line * (data.legend.length + 2)
  const context = made.getContext("2d")
  context.fillStyle = getComputedStyle(canvas.parentElement).backgroundColor
  context.fillRect(0, 0, made.width, made.height)
  context.font = `${13 * ratio}px sans-serif`
  context.textBaseline = "middle"
  const ink = getComputedStyle(canvas).color
  context.fillStyle = ink
  context.fillText(data.title, line / 2, line * 0.75)
  context.drawImage(canvas, 0, line * 1.5)
  data.legend.forEach((kind, place) => {
    const y = canvas.height + line * (place + 2)
    context.fillStyle = kind.colour
    context.fillRect(line / 2, y - line / 4, line / 2, line / 2)
    context.fillStyle = ink
    context.fillText(`${kind.name} (${kind.count.toLocaleString("en")})`, line * 1.4, y)
  })
  made.toBlob(blob => {
    const link = document.createElement("a")
    link.href = URL.createObjectURL(blob)
    link.download = data.file
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
  })
}
