// A wall of thumbnails: a click or Enter opens one, arrow keys go from one to the next.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const wall = parentElement.querySelector(".wall")
  show(wall, data)
  wall.onclick = event => {
    const tile = event.target.closest("button.tile")
    if (!tile) return
    tile.blur()  // arrow keys belong to the page that opens now
    setTriggerValue("opened", tile.parentElement.dataset.id)
  }
  wall.onkeydown = event => {
    const next = neighbour(wall, event.target.closest(".cell"), event.key)
    if (!next) return
    event.preventDefault()
    event.stopPropagation()
    next.querySelector(".tile").focus()
  }
}
