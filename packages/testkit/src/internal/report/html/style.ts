/** The style of the page: readable on a phone, in light and dark, and printed. */
export const style = `
:root { color-scheme: light dark; --pass: #1a7f37; --fail: #cf222e; --skip: #9a6700; --line: #8884; --soft: #8881; }
@media (prefers-color-scheme: dark) { :root { --pass: #3fb950; --fail: #ff7b72; --skip: #d29922; } }
* { box-sizing: border-box; } [hidden] { display: none !important; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
a { color: inherit; } code, pre { font: 13px/1.5 ui-monospace, monospace; }
.verdict { font-size: 1.35rem; font-weight: 600; margin: .5rem 0; } .pass { color: var(--pass); } .fail { color: var(--fail); }
.skip { color: var(--skip); } .quiet { opacity: .7; }
.bar { display: flex; height: .5rem; border-radius: .25rem; overflow: hidden; background: var(--soft); }
.bar i { background: currentColor; print-color-adjust: exact; } td .bar { min-width: 6rem; }
table { border-collapse: collapse; width: 100%; } th, td { border-bottom: 1px solid var(--line); padding: .15rem .6rem; text-align: left; }
tfoot th, tfoot td { border-bottom: 0; border-top: 2px solid var(--line); } tbody th { font-weight: 500; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; width: 4rem; overflow-wrap: normal; } td.zero { opacity: .35; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { opacity: .7; } dd { margin: 0; min-width: 0; }
ul.cases { list-style: none; margin: 0; padding: 0; }
ul.cases li { display: grid; grid-template-columns: 4.5rem 1fr max-content; gap: .6rem; border-bottom: 1px solid var(--line); padding: .25rem 0; }
ul.cases li > * { min-width: 0; }
details.failure { border-left: 3px solid var(--fail); margin: .6rem 0; padding: .2rem .8rem; background: var(--soft); border-radius: 0 .4rem .4rem 0; }
pre { margin: .4rem 0; white-space: pre-wrap; } .message { font-weight: 600; } summary { cursor: pointer; padding: .15rem 0; }
.controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .6rem 0; }
.controls input[type="search"] { flex: 1 1 14rem; min-width: 0; font: inherit; padding: .3rem .6rem; }
@media (max-width: 40rem) {
  .bars { display: none; } th, td { padding: .15rem .3rem; } td.n, th.n { width: 3.2rem; } table { font-size: 14px; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  ul.cases li { grid-template-columns: 1fr max-content; } ul.cases .text { grid-column: 1 / -1; grid-row: 2; }
}
@media print {
  :root { color-scheme: light; --pass: #1a7f37; --fail: #cf222e; --skip: #9a6700; }
  body { margin: 0; max-width: none; font-size: 11px; } code, pre { font-size: 10px; } .controls { display: none; }
  details.failure, ul.cases li, tr { break-inside: avoid; } h2, h3, summary { break-after: avoid; }
}
`
