import * as DateTime from "effect/DateTime"
import type * as Api from "../../Api.js"
import type { Host } from "../../Fleet.js"
import * as Workflow from "../../Workflow.js"
import { Html, html, link } from "./html.js"
import { style } from "./style.js"

const colours: Readonly<Record<Api.Listed["state"], string>> = {
  running: "",
  unreachable: "wait",
  waiting: "wait",
  done: "good",
  failed: "bad"
}

/** A page with a search that works without scripts. */
const page = (title: string, search: string, content: ReadonlyArray<Html>): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1><a href="/">ploop fleet</a></h1>
<form action="/" role="search"><input type="search" name="search" aria-label="Search" placeholder="Host, path, key or state" value="${search}"><button>Search</button></form>
</header>
<main>
${content}</main>
</body>
</html>
`.text

const table = (id: string, titles: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Html>>): Html =>
  rows.length === 0
    ? html`<p class="quiet">None.</p>\n`
    : html`<table id="${id}">
<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${
      rows.map((row) =>
        html`<tr>${row.map((cell, column) => html`<td data-name="${titles[column] ?? ""}">${cell}</td>`)}</tr>\n`
      )
    }</tbody>
</table>
`

const hostRow = ({ isManaged, name }: Host): ReadonlyArray<Html> => [
  html`<a href="${link("/", { host: name })}">${name}</a>`,
  isManaged ? html`<span class="good">managed</span>` : html`<span class="bad">no process manages it</span>`
]

const diskLink = (host: string, disk: string): Html =>
  html`<a href="${link("/disk", { host, disk })}"><code>${disk}</code></a>`

const stateOf = ({ state }: Api.Listed): Html => html`<span class="${colours[state]}">${state}</span>`

const workflowRow = (workflow: Api.Listed): ReadonlyArray<Html> => {
  const { problem, step } = Workflow.state(workflow)
  return [
    html`<a href="${link("/workflow", { id: workflow.id })}">${workflow.key}</a>`,
    stateOf(workflow),
    html`${Workflow.describe(workflow.request)}`,
    html`${step ?? ""}`,
    html`${problem?.message ?? ""}`,
    html`${DateTime.formatIso(workflow.startedAt)}`
  ]
}

const workflowTable = (id: string, workflows: ReadonlyArray<Api.Listed>): Html =>
  table(id, ["Key", "State", "What", "Step", "Problem", "Started"], workflows.map(workflowRow))

const note = (text: string): Html => html`<p class="note">${text}</p>\n`

const diskList = ({ disks, isComplete, unanswered }: Api.Disks): ReadonlyArray<Html> => [
  ...unanswered.map(({ reason }) => note(reason)),
  table("disks", ["Host", "Disk"], disks.map(({ disk, host }) => [html`${host}`, diskLink(host, disk)])),
  ...(isComplete ? [] : [note(`There are more than these ${disks.length}: search for a part of the path.`)])
]

/** What the first page shows. */
export interface Overview {
  readonly search: string
  readonly host: string | undefined
  readonly ended: boolean
  readonly hosts: ReadonlyArray<Host>
  /** Absent when a search or a host has to be chosen first. */
  readonly disks: Api.Disks | undefined
  readonly workflows: ReadonlyArray<Api.Listed>
}

export const overview = ({ disks, ended, host, hosts, search, workflows }: Overview): string => {
  const other = link("/", { ...(search === "" ? {} : { search }), ended: ended ? "no" : "yes" })
  return page("ploop fleet", search, [
    html`<h2>Workflows</h2>\n`,
    workflowTable("workflows", workflows),
    html`<p><a href="${other}">${ended ? "Only those that have not ended" : "Also those that have ended"}</a></p>\n`,
    html`<h2>Disks${host === undefined ? "" : ` of ${host}`}</h2>\n`,
    ...(disks === undefined ? [note("This fleet has many hosts: search, or choose a host.")] : diskList(disks)),
    html`<h2>Hosts</h2>\n`,
    table("hosts", ["Host", "State"], hosts.map(hostRow))
  ])
}

/** What the page of a disk shows. */
export interface Disk {
  readonly host: string
  readonly disk: string
  readonly snapshots: ReadonlyArray<typeof Api.Snapshot.Type> | Api.NotFound | Api.Unavailable
  readonly workflows: ReadonlyArray<Api.Listed>
}

export const disk = ({ disk, host, snapshots, workflows }: Disk): string =>
  page(`${disk} on ${host}`, "", [
    html`<h2><code>${disk}</code> on <a href="${link("/", { host })}">${host}</a></h2>\n`,
    "reason" in snapshots
      ? note(snapshots.reason)
      : table(
        "snapshots",
        ["Snapshot", "Parent", "Temporary"],
        snapshots.map(({ id, parent, temporary }) => [
          html`<code>${id}</code>`,
          parent === undefined ? html`` : html`<code>${parent}</code>`,
          html`${temporary ? "yes" : "no"}`
        ])
      ),
    html`<h2>Workflows</h2>\n`,
    workflowTable("workflows", workflows)
  ])

export const workflow = (listed: Api.Listed): string =>
  page(`${listed.key}: ${listed.state}`, "", [
    html`<h2>${Workflow.describe(listed.request)}</h2>
<p>${stateOf(listed)}, key ${listed.key}, identifier <code>${listed.id}</code></p>
<ol id="history">
${listed.history.map((event) => html`<li>${Workflow.describeEvent(event)}</li>\n`)}</ol>
`,
    ...(Workflow.outcome(listed)?.left ?? []).map((left) => note(`Left: ${left}`))
  ])

export const problem = (title: string, reason: string): string =>
  page(title, "", [html`<h2>${title}</h2>\n`, note(reason)])
