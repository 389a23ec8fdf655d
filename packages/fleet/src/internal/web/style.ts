import { createHash } from "node:crypto"

/** Readable on a phone, in light and dark. */
export const style = `
:root { color-scheme: light dark; --good: #1a7f37; --bad: #cf222e; --wait: #9a6700; --line: #8884; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --good: #3fb950; --bad: #ff7b72; --wait: #d29922; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 72rem; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; } a { color: inherit; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; justify-content: space-between; }
form { display: flex; flex: 1 1 16rem; max-width: 32rem; gap: .5rem; }
input { flex: 1; min-width: 0; } input, button { font: inherit; padding: .25rem .6rem; }
code { font: 13px/1.5 ui-monospace, monospace; } .quiet { opacity: .75; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); min-width: 5.5rem; padding: .25rem .6rem .25rem 0; text-align: left; vertical-align: top; }
th { font-weight: 500; opacity: .75; } ol { padding-left: 1.5rem; } li { padding: .1rem 0; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); }
.note { background: var(--soft); border-left: 3px solid var(--wait); margin: .6rem 0; padding: .3rem .8rem; }
@media (max-width: 40rem) {
  thead { display: none; } tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  td { border: 0; display: block; min-width: 0; padding: 0; } td:empty { display: none; }
  td[data-name]::before { content: attr(data-name) ": "; opacity: .75; }
}
`

const hash = createHash("sha256").update(style).digest("base64")

/** The page loads nothing and runs nothing; its own style is the only one. */
export const policy =
  `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`
