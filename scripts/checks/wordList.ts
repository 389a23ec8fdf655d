/** Terms for which the field has another word, and phrases that stop a native reader. */

/** A word to avoid, and what to write instead. */
export interface Word {
  /** Matches whole words. A space matches any white space. */
  readonly pattern: RegExp
  readonly use: string
  readonly why: string
  /** Whether the match is case-sensitive, for the start of a sentence. Default: false. */
  readonly exactCase?: boolean
}

const field = "the field has a term for it"
const foreign = "this is not how English says it"
const plain = "there is a plainer word"
const operation = "only the operation is called umount"

const terms: ReadonlyArray<Word> = [
  { pattern: /mend(?:s|ed|ing)?/, use: "repair, fix", why: field },
  { pattern: /look(?:s|ed|ing)? at/, use: "inspect, read, query", why: field },
  // The tool's output has these words.
  { pattern: /(?<!Can't )f(?:ind(?:s|ing)?|ound) out/, use: "inspect, read, query", why: field },
  { pattern: /answer(?:s|ed|ing)/, use: "returns, reports", why: field },
  { pattern: /(?:must|may|can|cannot|could|to|not) answer/, use: "return, report", why: field },
  { pattern: /tells|told(?! (?:apart|otherwise|to))/, use: "returns, reports, says", why: field },
  { pattern: /rules? (?:(?:is|are|that is|that are) )?kept/, use: "passed", why: field },
  { pattern: /keeps? (?:every|its|each) rules?/, use: "passes", why: field },
  { pattern: /rules? (?:(?:is|are|that is|that are) )?broken/, use: "failed", why: field },
  { pattern: /beyond (?:the|a|its) targets?/, use: "skipped", why: field },
  { pattern: /marks? of (?:being in use|being empty|emptiness)/, use: "in-use flag, empty flag", why: field },
  { pattern: /marked (?:as )?(?:being )?in use/, use: "its in-use flag is set", why: field },
  { pattern: /call(?:s|ed) (?:it |itself )?empty/, use: "its empty flag is set", why: field },
  { pattern: /filled(?!:| (?:in|with|up))/, use: "preallocated", why: field },
  { pattern: /doubled/, use: "duplicate", why: field },
  { pattern: /go(?:es)? away by (?:itself|themselves)/, use: "is merged automatically", why: field },
  { pattern: /merge[sd]? away/, use: "merge", why: field },
  { pattern: /tool['’]?s['’]? (?:own |last |very )?words|words of the tool/, use: "the tool's output", why: field }
]

const unmounting: ReadonlyArray<Word> = [
  { pattern: /umount(?:ed|s|ing)/, use: "unmounted, unmounts, unmounting", why: operation },
  {
    pattern: /(?:an?|the|every|each|no|by|of|at|after|before|busy|failing|last) umount/,
    use: "unmount",
    why: operation
  },
  // The tool's output has this word.
  { pattern: /(?<!Failed )to umount/, use: "to unmount", why: operation },
  { pattern: /(?<=^|[.!?:;,(]\s*|\u0001\s*)Umount(?= [a-z])/, use: "Unmount", why: operation, exactCase: true }
]

const phrases: ReadonlyArray<Word> = [
  { pattern: /under the feet of/, use: "while … is running", why: foreign },
  { pattern: /whoever/, use: "the caller, the operator; contributing", why: foreign },
  { pattern: /(?:carry|carries) on/, use: "continue; contributing", why: plain },
  {
    pattern: /(?<=(?:^|[.!?:]|\u0001)\s+)Who (?!am|are|is|was|were|has|have)\w+(?![^.!?\u0001]*\?)/,
    use: "A caller that …, A process that …",
    why: foreign,
    exactCase: true
  },
  {
    pattern: /(?<!there )(?:is|are|was|were) no (?!longer|more|need|such|way|room|space|other|further|one|good|use)\w+/,
    use: "is not a …",
    why: foreign
  },
  { pattern: /(?:what|whatever) (?:came|comes|has come) of/, use: "the outcome of", why: foreign },
  { pattern: /what became of/, use: "the outcome for, what happened to", why: foreign },
  { pattern: /c(?:ome|omes|ame) to (?:its|their|an|the) end/, use: "finish, end", why: foreign },
  { pattern: /of now/, use: "current", why: foreign },
  { pattern: /as good as (?:surely|certain|certainly)/, use: "almost certainly", why: foreign },
  { pattern: /be had/, use: "be obtained, be opened", why: foreign },
  { pattern: /at any price/, use: "even if it loses data", why: foreign },
  { pattern: /heed(?:s|ed|ing)?/, use: "reacts to, respects", why: plain },
  { pattern: /botch(?:es|ed|ing)?/, use: "gets wrong", why: plain },
  { pattern: /upon/, use: "on", why: plain },
  { pattern: /anew/, use: "again", why: plain },
  { pattern: /clear(?:s|ed|ing)? away/, use: "remove, clean up", why: plain },
  { pattern: /not any ?more/, use: "no longer", why: plain }
]

export const words: ReadonlyArray<Word> = [...terms, ...unmounting, ...phrases]
