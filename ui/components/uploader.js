// What is seen of an upload, and the hands on it. Follows ui/components/upload_job.js in one module.

let drawing = 0
function draw() {
  drawing ||= setTimeout(() => {
    drawing = 0
    tab.draw?.()
  }, 100)
}

const amount = (words, number) => number.toLocaleString(words.numbers)
const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name])

function timeLeft(words, seconds) {
  if (seconds < 90) return fill(words.seconds, { number: Math.ceil(seconds) })
  return fill(words.minutes, { number: Math.round(seconds / 60) })
}

function progressLine(words, job) {
  const count = amount(words, job.items.size)
  if (job.phase === "listing") return fill(words.listing, { count: amount(words, job.listed ?? 0) })
  if (job.phase === "asking") return fill(words.asking, { count })
  const numbers = { here: amount(words, job.filesHere), all: amount(words, job.wanted.length) }
  if (job.phase === "done") return fill(words.whole, numbers)
  const left = job.phase === "sending" && !job.waiting ? job.secondsLeft : null
  if (left === null) return fill(words.sending, numbers)
  return fill(words.left, { ...numbers, time: timeLeft(words, left) })
}

function show(element, words) {
  element.hidden = !words
  if (element.textContent !== words) element.textContent = words
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const { words } = data
  const part = name => parentElement.querySelector("." + name)
  const root = part("uploader")
  root.setAttribute("aria-label", words.label)
  for (const name of ["drop", "note", "files", "folder", "again", "use", "cancel"]) show(part(name), words[name])

  const start = async (picked, listing = null) => {
    const over = !tab.job || tab.job.phase === "cancelled" || (tab.job.phase === "stopped" && !tab.job.id)
    if (over) tab.job = new Job(data.token, data.known)
    const job = tab.job
    if (listing) {
      const counting = setInterval(() => { job.listed = picked.length; draw() }, 200)
      await listing.finally(() => clearInterval(counting))
    }
    if (job.phase !== "cancelled") await job.add(picked)
  }
  for (const way of ["files", "folder"]) {
    const input = part("pick-" + way)
    part(way).onclick = () => input.click()
    input.onchange = () => {
      const picked = fromInput(input)
      input.value = "" // so that choosing the same again is a change
      if (picked.length) start(picked)
    }
  }
  root.ondragover = event => {
    event.preventDefault()
    root.classList.add("over")
  }
  root.ondragleave = event => {
    if (!root.contains(event.relatedTarget)) root.classList.remove("over")
  }
  root.ondrop = event => {
    event.preventDefault()
    root.classList.remove("over")
    // The entries must be taken now: they are gone once this function has returned.
    const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry()).filter(Boolean)
    const found = []
    if (entries.length) start(found, fromDrop(entries, found))
  }
  part("cancel").onclick = () => tab.job?.cancel()
  part("again").onclick = () => {
    for (const item of tab.job.all) item.unreadable = !item.file
    tab.job.run()
  }
  const use = id => {
    tab.job = null
    setTriggerValue("arrived", id)
  }
  part("use").onclick = () => use(tab.job.id)

  const removed = new Set()
  let drawn = null
  const drawOlder = () => {
    const older = data.older.filter(one => one.id !== tab.job?.id && !removed.has(one.id))
    const now = older.map(one => `${one.id} ${one.usable} ${one.sending}`).join()
    if (drawn === now) return // a button must not go from under the hand
    drawn = now
    const rows = older.map(one => {
      const row = document.createElement("div")
      const line = document.createElement("p")
      line.textContent = one.line
      const buttons = ["use", "remove"].map(name => {
        const button = document.createElement("button")
        button.type = "button"
        button.textContent = words[name]
        return button
      })
      buttons[0].hidden = !one.usable
      buttons[1].hidden = one.sending // another tab is at work on it
      buttons[0].onclick = () => use(one.id)
      buttons[1].onclick = () => {
        removed.add(one.id)
        fetch(`/upload/${one.id}`, { method: "DELETE", headers: { "X-Facetry-Token": data.token } })
        draw()
      }
      row.append(line, ...buttons)
      return row
    })
    part("older").replaceChildren(...rows)
  }

  let heard = 0
  const drawAll = () => {
    const job = tab.job
    if (job?.phase === "done") {
      show(part("line"), progressLine(words, job))
      setTimeout(use, 0, job.id)
      return
    }
    const working = job && ["listing", "asking", "sending"].includes(job.phase)
    const stopped = job?.phase === "stopped"
    const line = job && job.phase !== "cancelled" ? progressLine(words, job) : ""
    part("drop").hidden = part("note").hidden = part("start").hidden = Boolean(working)
    parentElement.querySelector("progress").hidden = !working
    parentElement.querySelector("progress").value = job?.bytes ? job.bytesHere / job.bytes : 0
    parentElement.querySelector("progress").setAttribute("aria-label", line)
    show(part("line"), working || stopped ? line : "")
    const MB = 1024 * 1024
    const bytes = working && job.bytes > MB
    show(part("bytes"), bytes ? fill(words.bytes, { here: amount(words, Math.floor(job.bytesHere / MB)),
                                                    all: amount(words, Math.ceil(job.bytes / MB)) }) : "")
    const out = job?.id ? job.items.size - job.wanted.length : 0
    show(part("out"), out && working ? fill(words.out, { count: amount(words, out) }) : "")
    show(part("waiting"), working && job.waiting ? words.waiting : "")
    const unreadable = job?.unreadable ?? []
    const problem = job?.phase === "cancelled" ? words.cancelled : job?.problem
    show(part("problem"), problem || (unreadable.length && stopped
      ? fill(words.unreadable, { count: amount(words, unreadable.length), name: unreadable[0].path }) : ""))
    part("again").hidden = !(stopped && job.mayPass)
    part("use").hidden = !(stopped && job.filesHere)
    part("cancel").hidden = !(working || (stopped && job.id))
    drawOlder()
    // Read out at most every ten seconds: every number would drown everything else.
    const said = part("problem").textContent || part("waiting").textContent || line
    if (!working || Date.now() - heard > 10_000) {
      heard = Date.now()
      part("heard").textContent = said
    }
  }
  tab.draw = drawAll
  drawAll()
  return () => {
    if (tab.draw === drawAll) tab.draw = null
  }
}
