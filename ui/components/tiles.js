// Tiles of a wall, for wall.js and selecting_wall.js, which follow this file. Text and attributes are set, never HTML.

// Show these tiles. Those that stay are kept: replacing them would fetch and paint every image anew at each poll.
function show(wall, data) {
  wall.style.setProperty("--tile", data.size + "px")
  wall.style.setProperty("--lines", data.lines)
  wall.setAttribute("aria-label", data.label)
  const have = new Map([...wall.children].map(cell => [cell.dataset.id, cell]))
  const want = data.tiles.map(tile => have.get(tile.id) ?? make(tile, data))
  if (want.length !== wall.children.length || want.some((cell, place) => wall.children[place] !== cell))
    wall.replaceChildren(...want)
  data.tiles.forEach((tile, place) => {
    const caption = want[place].querySelector(".caption")
    if (caption.textContent !== tile.caption) caption.textContent = tile.caption
    caption.hidden = !tile.caption
    if (data.clickable) want[place].querySelector(".tile").setAttribute("aria-label", tile.alt)
  })
}

function make(tile, data) {
  const cell = document.createElement("div")
  cell.className = "cell"
  cell.dataset.id = tile.id
  const shown = document.createElement(data.clickable ? "button" : "div")
  shown.className = "tile"
  if (data.clickable) shown.type = "button"
  if (tile.picture) {
    const image = document.createElement("img")
    image.loading = "lazy"
    image.decoding = "async"
    image.alt = tile.alt
    image.title = tile.alt
    image.onload = () => image.classList.toggle("long", isLong(image))
    image.src = "/images/thumb/" + encodeURIComponent(tile.id)
    shown.append(image)
  } else {
    const words = document.createElement("div")
    words.className = "words"
    words.textContent = tile.alt
    shown.append(words)
  }
  const caption = document.createElement("div")
  caption.className = "caption"
  shown.append(caption)
  cell.append(shown)
  return cell
}

// Of a line of text, or a receipt, the middle tells nothing: it is shown whole.
function isLong({ naturalWidth, naturalHeight }) {
  return Math.max(naturalWidth, naturalHeight) > 2 * Math.min(naturalWidth, naturalHeight)
}

// The cell that an arrow key leads to from this one: the wall is a grid, so up and down are a row's length away.
function neighbour(wall, cell, key) {
  const cells = [...wall.children]
  const at = cells.indexOf(cell)
  const row = getComputedStyle(wall).gridTemplateColumns.split(" ").length
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -row, ArrowDown: row, Home: -at, End: cells.length - 1 - at }
  return at >= 0 && key in steps ? cells[at + steps[key]] : undefined
}
