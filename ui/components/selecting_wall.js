// A wall of thumbnails that are selected here, without asking the server, and acted on together.
// A click opens one; its tick, Ctrl-click, Shift-click and Space select; while some are selected, a click selects too.

const kept = new WeakMap()  // parentElement -> what is selected there

export default function (component) {
  const { data, parentElement } = component
  const wall = parentElement.querySelector(".wall")
  const state = kept.get(parentElement) ?? { chosen: new Map(), except: new Set(), all: false,
    message: data.message.id, range: data.range?.id }
  kept.set(parentElement, state)
  Object.assign(state, { component, data, wall, bar: parentElement.querySelector(".bar"), root: parentElement })
  if (state.scope !== data.scope) clear(state)  // other images are looked at
  state.scope = data.scope
  if (state.message !== data.message.id) {
    state.message = data.message.id
    state.busy = false
    if (!data.message.wrong) clear(state)
  }
  if (data.range && state.range !== data.range.id) {
    state.range = data.range.id
    for (const id of data.range.ids) set(state, id, data.range.on)
  }
  const before = [...wall.children]
  const focused = before.indexOf(parentElement.activeElement?.closest?.(".cell"))
  show(wall, data)
  addTicks(state)
  if (focused >= 0 && !parentElement.activeElement) {  // what had the focus has left: go on with what has come up
    const place = before.slice(0, focused).filter(cell => cell.isConnected).length
    focus(state, wall.children[Math.min(place, wall.children.length - 1)])
  }
  wire(state)
  draw(state)
  return () => document.removeEventListener("keydown", state.listener)
}

function clear(state) {
  state.chosen.clear()
  state.except.clear()
  state.all = false
  state.last = undefined
}

function isOn(state, id) {
  return state.all ? !state.except.has(id) : state.chosen.has(id)
}

function number(state) {
  return state.all ? state.data.total - state.except.size : state.chosen.size
}

function set(state, id, on) {
  if (state.all) on ? state.except.delete(id) : state.except.add(id)
  else if (on) state.chosen.set(id, state.data.tiles.find(tile => tile.id === id))
  else state.chosen.delete(id)
}

// One becomes what it was not; with a range, all from the last one to this one become as that one is. Where the last one
// is on another page, the server knows what lies between.
function toggle(state, cell, range) {
  const cells = [...state.wall.children]
  const from = cells.findIndex(one => one.dataset.id === state.last)
  if (range && from >= 0) {
    const to = cells.indexOf(cell)
    const on = isOn(state, cells[from].dataset.id)
    for (const one of cells.slice(Math.min(from, to), Math.max(from, to) + 1)) set(state, one.dataset.id, on)
  } else if (range && state.last !== undefined && state.data.range) {
    const ends = { from: state.last, to: cell.dataset.id, on: isOn(state, state.last) }
    state.component.setTriggerValue("ranged", ends)
  } else set(state, cell.dataset.id, !isOn(state, cell.dataset.id))
  state.last = cell.dataset.id
  draw(state)
}

function act(state, what) {
  if (state.busy) return
  if (what !== state.data.message.back && !number(state)) return
  state.busy = true
  const items = state.all ? [] : [...state.chosen.keys()]
  state.component.setTriggerValue("acted", { ...what, items, all: state.all, except: [...state.except] })
  draw(state)
}

function open(state, cell) {
  cell.querySelector(".tile").blur()  // arrow keys belong to the page that opens now
  state.component.setTriggerValue("opened", cell.dataset.id)
}

function addTicks(state) {
  for (const [place, cell] of [...state.wall.children].entries()) {
    const tile = state.data.tiles[place]
    let tick = cell.querySelector(".tick")
    if (!tick) {
      tick = document.createElement("input")
      tick.type = "checkbox"
      tick.className = "tick"
      cell.append(tick)
    }
    tick.setAttribute("aria-label", state.data.words.select + " " + tile.alt)
  }
  roam(state, state.wall.querySelector(".cell[data-here]") ?? state.wall.firstElementChild)
}

// Tab enters the wall at one place, from which arrow keys go on.
function roam(state, here) {
  for (const cell of state.wall.children) {
    cell.toggleAttribute("data-here", cell === here)
    for (const part of cell.querySelectorAll("button, input")) part.tabIndex = cell === here ? 0 : -1
  }
}

function focus(state, cell) {
  if (!cell) return
  roam(state, cell)
  cell.querySelector(".tile").focus()
}

function wire(state) {
  const { wall, bar } = state
  wall.onclick = event => {
    const cell = event.target.closest(".cell")
    if (!cell) return
    roam(state, cell)
    const selects = event.target.closest(".tick") || event.ctrlKey || event.metaKey || event.shiftKey || number(state)
    if (selects) toggle(state, cell, event.shiftKey)
    else if (event.target.closest(".tile")) open(state, cell)
  }
  wall.onmousedown = event => { if (event.shiftKey) event.preventDefault() }  // marks no text
  wall.ondblclick = event => { if (event.target.closest(".tile")) open(state, event.target.closest(".cell")) }
  wall.onkeydown = event => pressed(state, event)
  bar.querySelector(".all").onclick = () => { clear(state); state.all = true; draw(state) }
  bar.querySelector(".clear").onclick = () => { clear(state); draw(state) }
  bar.querySelector(".unsure").onclick = () => act(state, { kind: "move", to: null })
  bar.querySelector(".back").onclick = () => act(state, state.data.message.back)
  bar.querySelector(".others").onchange = event => {
    if (event.target.value) act(state, { kind: "move", to: event.target.value })
    event.target.value = ""
  }
  const naming = bar.querySelector(".naming")
  bar.querySelector(".new").onclick = () => { naming.hidden = false; naming.querySelector("input").focus() }
  naming.onsubmit = event => {
    event.preventDefault()
    act(state, { kind: "new", name: naming.querySelector("input").value })
    naming.reset()
    naming.hidden = true
  }
  naming.onkeydown = event => {
    event.stopPropagation()
    if (event.key === "Escape") { naming.hidden = true; bar.querySelector(".new").focus() }
  }
  if (state.listener) document.removeEventListener("keydown", state.listener)
  state.listener = event => { if (event.target === document.body) decided(state, event) }
  document.addEventListener("keydown", state.listener)
  bar.onkeydown = event => { if (event.target.matches("button")) decided(state, event) }
}

// A key in the wall: arrows, Space, Enter, and what `decided` knows.
function pressed(state, event) {
  const cell = event.target.closest(".cell")
  const next = event.altKey || event.ctrlKey || event.metaKey ? undefined : neighbour(state.wall, cell, event.key)
  if (next) {
    if (event.shiftKey && state.last === undefined) toggle(state, cell, false)
    focus(state, next)
    if (event.shiftKey) toggle(state, next, true)
  } else if (event.key === " ") toggle(state, cell, event.shiftKey)
  else if (event.key === "Enter" && event.target.matches(".tile")) open(state, cell)
  else if (event.key === "a" && (event.ctrlKey || event.metaKey)) { clear(state); state.all = true; draw(state) }
  else return decided(state, event)
  event.preventDefault()
  event.stopPropagation()
}

// Escape clears, 1 to 9 move to the group of that number, Ctrl+Z takes the last act back.
function decided(state, event) {
  const group = /^[1-9]$/.test(event.key) ? state.data.groups[event.key - 1] : undefined
  if (event.key === "z" && (event.ctrlKey || event.metaKey) && state.data.message.back) act(state, state.data.message.back)
  else if (event.ctrlKey || event.metaKey || event.altKey || !number(state)) return
  else if (event.key === "Escape") { clear(state); draw(state) }
  else if (group) act(state, { kind: "move", to: group.id })
  else return
  event.preventDefault()
  event.stopPropagation()
}

// The groups by how likely they are for what is selected: what the model gave to each besides the one they are in.
function likely(state) {
  const chosen = state.all ? state.data.tiles.filter(tile => !state.except.has(tile.id)) : [...state.chosen.values()].filter(Boolean)  // nothing more is known of those on pages that were not shown
  const sums = new Map()
  for (const tile of chosen)
    for (const [group, share] of Object.entries(tile.shares))
      if (group !== tile.group) sums.set(group, (sums.get(group) ?? 0) + share)
  const own = new Set(chosen.map(tile => tile.group))
  const numbered = state.data.groups.map((group, place) => ({ ...group, place, sum: sums.get(group.id) ?? 0 }))
  const others = numbered.filter(group => own.size !== 1 || !own.has(group.id))
  return { own: own.size === 1 ? numbered.find(group => own.has(group.id)) : undefined,
           others: others.sort((one, other) => other.sum - one.sum || one.place - other.place) }
}

function draw(state) {
  const { wall, bar, data } = state
  const count = number(state), words = data.words, busy = Boolean(state.busy)
  wall.classList.toggle("choosing", count > 0)
  for (const cell of wall.children) {
    const on = isOn(state, cell.dataset.id)
    cell.classList.toggle("on", on)
    cell.querySelector(".tick").checked = on
  }
  bar.style.setProperty("--stuck", stuck() + "px")
  bar.setAttribute("aria-label", words.bar)
  bar.setAttribute("aria-busy", String(busy))
  const part = (name, shown, label) => {
    const found = bar.querySelector(name)
    found.hidden = !shown
    if (label !== undefined && found.textContent !== label) found.textContent = label
    if ("disabled" in found) found.disabled = busy
    return found
  }
  part(".count", true, count ? words.selected.replace("{n}", count.toLocaleString(words.numbers)) : data.counted)
  part(".all", data.total > 0 && count < data.total, words.all.replace("{n}", data.total.toLocaleString(words.numbers)))
  part(".clear", count > 0, words.clear)
  part(".unsure", count > 0 && data.unsure, words.unsure)
  part(".new", count > 0 && words.new, words.new)
  part(".said", !count && data.message.text || data.message.wrong, data.message.text)
    .classList.toggle("wrong", data.message.wrong)
  part(".back", !count && data.message.back, data.message.back ? words[data.message.back.kind] : "")
  part(".hint", !count && !data.message.text && data.total > 0, words.hint)
  if (!count) bar.querySelector(".naming").hidden = true
  const naming = bar.querySelector(".naming")
  naming.querySelector("input").setAttribute("aria-label", words.name)
  naming.querySelector("input").placeholder = words.name
  naming.querySelector("button").textContent = words.add
  drawTargets(state, count, busy)
}

function drawTargets(state, count, busy) {
  const { own, others } = likely(state)
  const words = state.data.words
  const targets = others.slice(0, 3).map(group => {
    const button = document.createElement("button")
    button.type = "button"
    button.className = "target"
    button.disabled = busy
    button.title = words.move + " " + group.name
    button.setAttribute("aria-label", words.move + " " + group.name)
    if (group.place < 9) {
      const key = document.createElement("kbd")
      key.textContent = group.place + 1
      button.append(key)
    }
    button.append(group.name)
    button.onclick = () => act(state, { kind: "move", to: group.id })
    return button
  })
  state.bar.querySelector(".targets").replaceChildren(...(count ? targets : []))
  const list = state.bar.querySelector(".others")
  list.hidden = !count
  list.disabled = busy
  list.setAttribute("aria-label", words.move)
  const option = (value, label) => Object.assign(document.createElement("option"), { value, textContent: label })
  const named = group => (group.place < 9 ? group.place + 1 + "  " : "") + group.name
  list.replaceChildren(option("", words.move + " …"), ...others.map(group => option(group.id, named(group))))
  if (own) list.append(option(own.id, words.keep.replace("{group}", named(own))))
}

// How far down the app's own header reaches, below which the bar stays in sight.
function stuck() {
  const header = document.querySelector("[data-testid=stHeader]")
  return header ? Math.max(0, header.getBoundingClientRect().bottom) : 0
}
