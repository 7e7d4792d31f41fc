// The work of an upload: reads what was given, announces it, sends what is missing, tries again. It knows no page.
//
// Files are never read into memory: a slice of a file is a reference, and the browser streams it from disk. The work
// belongs to the tab, not to the component: it goes on while another page of the app is shown. ui/components/uploader.js follows
// this file in one module.

const LANES = 6 // files sent at a time
const HEADS = 64 // files that are looked into at a time
const SLICE = 8 * 1024 * 1024 // bytes in one request: what is sent again after a lost connection
const PATIENCE = 5 * 60 * 1000 // ms for one request
const LONGEST_WAIT = 15 * 1000 // ms between two tries

// The id says to the server which uploads are this tab's: another tab may give the same folder meanwhile.
const tab = (window.facetryUpload ??= openTab())

function openTab() {
  // When the tab is closed, another one may go on with its upload at once.
  addEventListener("pagehide", () => tab.job?.leave())
  return { job: null, draw: null, id: randomId() }
}

function randomId() { // crypto.randomUUID is there on pages with a certificate only
  return hexadecimal(crypto.getRandomValues(new Uint8Array(16)))
}

function hexadecimal(bytes) {
  return [...bytes].map(byte => byte.toString(16).padStart(2, "0")).join("")
}

// -- reading what was dropped or chosen: [{ path, file }], file null for what cannot be opened

function fromInput(input) {
  return [...input.files].map(file => ({ path: file.webkitRelativePath || file.name, file }))
}

async function fromDrop(entries, found) {
  for (const entry of entries) {
    const path = entry.fullPath.replace(/^\//, "")
    try {
      if (entry.isDirectory) await fromDrop(await children(entry), found)
      else found.push({ path, file: await new Promise((done, fail) => entry.file(done, fail)) })
    } catch {
      found.push({ path, file: null })
    }
  }
}

async function children(directory) {
  const reader = directory.createReader()
  const all = []
  for (;;) {
    // It hands out about a hundred at a time, and none at the end.
    const some = await new Promise((done, fail) => reader.readEntries(done, fail))
    if (!some.length) return all
    all.push(...some)
  }
}

const pause = time => new Promise(done => setTimeout(done, time))

// The first bytes of a file whose name does not say what it is, in hexadecimal figures, so that the server knows which
// files are images; "" where they are not needed or cannot be read.
async function headOf({ path, file }, known) {
  const name = path.toLowerCase()
  if (!file || known.endings.some(ending => name.endsWith(ending))) return ""
  const bytes = await file.slice(0, known.head).arrayBuffer().catch(() => new ArrayBuffer())
  return hexadecimal(new Uint8Array(bytes))
}

// -- one upload

class Refused extends Error { // the server's answer is a sentence for the person
  constructor(status, sentence) {
    super(sentence)
    this.mayPass = status === 507 // the disk is full now
  }
}
class OutOfStep extends Error {} // the server knows something else: announce again

class Job {
  constructor(token, known) {
    this.token = token
    this.known = known // the endings of images, and how many bytes tell them where the ending is another
    this.items = new Map() // path, size, time and number -> { path, file, size, key, here, whole, wanted, unreadable }
    this.id = null
    this.phase = "listing" // then asking, sending, done, cancelled, or stopped with a problem
    this.problem = ""
    this.mayPass = true // whether the problem may be gone when it is tried again
    this.waiting = false
    this.stop = new AbortController()
  }

  add(picked) {
    const times = new Map() // how often so far: what is given at once are different files, however alike
    for (const { path, file } of picked) {
      const item = { path, file, size: file?.size ?? 0, modified: file?.lastModified ?? 0, here: 0, unreadable: !file }
      const said = JSON.stringify([path, item.size, item.modified])
      times.set(said, (times.get(said) ?? 0) + 1)
      const name = `${said} ${times.get(said)}`
      if (!this.items.has(name)) this.items.set(name, item)
    }
    return this.run()
  }

  async run() {
    // Whatever ran before ends with its signal; the newest run goes on with all there is.
    this.stop.abort()
    this.stop = new AbortController()
    const signal = this.stop.signal
    this.problem = ""
    this.waiting = false
    try {
      for (;;) {
        await this.announce(signal)
        try {
          await this.sendAll(signal)
          break
        } catch (error) {
          if (!(error instanceof OutOfStep)) throw error
          await pause(500)
        }
      }
      this.phase = this.unreadable.length ? "stopped" : "done"
    } catch (error) {
      if (signal.aborted) return
      this.phase = "stopped"
      this.problem = error.message
      this.mayPass = Boolean(this.id || error.mayPass)
    }
    draw()
  }

  async announce(signal) {
    this.phase = "asking"
    draw()
    const items = [...this.items.values()]
    for (let start = 0; start < items.length; start += HEADS) {
      const some = items.slice(start, start + HEADS)
      await Promise.all(some.map(async item => (item.head ??= await headOf(item, this.known))))
      signal.throwIfAborted()
    }
    const list = JSON.stringify(items.map(item => [item.path, item.size, item.modified, item.head]))
    const answer = await this.ask("POST", "/upload", list, signal)
    this.id = answer.upload
    answer.files.forEach((told, place) => Object.assign(items[place], told ?? {}, { wanted: told !== null }))
    this.phase = "sending"
    this.began = { time: Date.now(), bytes: this.bytesHere }
  }

  async sendAll(signal) {
    const todo = this.wanted.filter(item => !item.whole && !item.unreadable)[Symbol.iterator]()
    const lanes = new AbortController() // what stops one lane stops them all
    const either = AbortSignal.any([signal, lanes.signal])
    const lane = async () => {
      for (const item of todo) await this.send(item, either)
    }
    try {
      await Promise.all(Array.from({ length: LANES }, lane))
    } finally {
      lanes.abort()
    }
  }

  async send(item, signal) {
    while (!item.whole) {
      const slice = item.file.slice(item.here, item.here + SLICE)
      const told = await this.ask("PUT", `/upload/${this.id}/${item.key}?offset=${item.here}`, slice, signal)
      if (told === null) {
        item.unreadable = true
        return
      }
      Object.assign(item, told)
      draw()
    }
  }

  // The answer to a request, which is tried until the server answers; null when the file cannot be read any more.
  async ask(method, address, body, signal) {
    for (let wait = 500; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      signal.throwIfAborted()
      try {
        const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
        const headers = { "X-Facetry-Token": this.token, "X-Facetry-Tab": tab.id }
        const response = await fetch(address, { method, body, headers, signal: patience })
        if (response.ok) {
          this.waiting = false
          return response.status === 204 ? {} : await response.json()
        }
        await this.understand(method, response)
      } catch (error) {
        if (signal.aborted || error instanceof Refused || error instanceof OutOfStep) throw error
        if (body instanceof Blob && !(await isReadable(body))) return null
      }
      this.waiting = true
      draw()
      await pause(wait)
    }
  }

  // Throws what ends the work; returns for what is tried again.
  async understand(method, response) {
    if (method === "PUT" && [404, 409].includes(response.status)) throw new OutOfStep()
    if ([408, 429, 500, 502, 503, 504].includes(response.status)) return
    const answer = await response.json().catch(() => ({}))
    throw new Refused(response.status, answer.error ?? response.statusText)
  }

  leave() {
    if (!this.id) return
    const headers = { "X-Facetry-Token": this.token }
    fetch(`/upload/${this.id}/left`, { method: "POST", headers, keepalive: true }).catch(() => {})
  }

  async cancel() {
    this.stop.abort()
    this.phase = "cancelled"
    draw()
    if (this.id) await this.ask("DELETE", `/upload/${this.id}`, undefined, new AbortController().signal).catch(() => {})
  }

  get all() { return [...this.items.values()] }
  get wanted() { return this.all.filter(item => item.wanted) }
  get unreadable() { return this.wanted.filter(item => item.unreadable) }
  get filesHere() { return this.wanted.filter(item => item.whole).length }
  get bytesHere() { return this.wanted.reduce((sum, item) => sum + item.here, 0) }
  get bytes() { return this.wanted.reduce((sum, item) => sum + item.size, 0) }

  get secondsLeft() {
    const seconds = (Date.now() - this.began.time) / 1000
    const rate = (this.bytesHere - this.began.bytes) / seconds
    return seconds < 2 || rate <= 0 ? null : (this.bytes - this.bytesHere) / rate
  }
}

async function isReadable(blob) {
  try {
    await blob.slice(0, 1).arrayBuffer()
    return true
  } catch {
    return false
  }
}
