/**
 * Searches and filters the cases of the page, and opens everything for a printer. The page is complete without it: the
 * controls are hidden until it runs.
 */
export const script = `
const controls = document.getElementById("controls")
const groups = [...document.querySelectorAll("details.group")]
const search = controls.querySelector("input[type=search]")
const boxes = [...controls.querySelectorAll("input[type=checkbox]")]
const shown = document.getElementById("shown")
const apply = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter((word) => word !== "")
  const outcomes = new Set(boxes.filter((box) => box.checked).map((box) => box.value))
  const isFiltered = words.length > 0 || boxes.some((box) => !box.checked)
  let count = 0
  for (const group of groups) {
    let matching = 0
    for (const item of group.querySelectorAll("li")) {
      const text = item.textContent.toLowerCase()
      item.hidden = !outcomes.has(item.dataset.outcome) || !words.every((word) => text.includes(word))
      if (!item.hidden) matching++
    }
    group.hidden = matching === 0
    group.open = isFiltered && matching > 0
    count += matching
  }
  shown.textContent = !isFiltered ? "" : count === 1 ? "1 case matches" : count + " cases match"
}
search.addEventListener("input", apply)
for (const box of boxes) box.addEventListener("change", apply)
controls.hidden = false
let closed = []
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")]
  for (const one of closed) one.open = true
})
addEventListener("afterprint", () => {
  for (const one of closed) one.open = false
})
`
