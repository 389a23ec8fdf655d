import { ids } from "@effect-ploop/testkit/Conformance"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import type { Place } from "../step.js"
import { top } from "../step.js"
import type { Weighted } from "./build.js"
import { both, files, idle, just, some } from "./build.js"

type Edit = (text: string) => string

const { unknown } = ids

const none = "{00000000-0000-0000-0000-000000000000}"

const replaced = (pattern: RegExp | string, by: string): Edit => (text) => text.replace(pattern, by)

const into = (element: string, text: string): Edit => replaced(`</${element}>`, `${text}</${element}>`)

const image = (id: string, file: string): string =>
  `<Image><GUID>${id}</GUID><Type>Compressed</Type><File>${file}</File></Image>`

const shot = (id: string, parent: string): string => `<Shot><GUID>${id}</GUID><ParentGUID>${parent}</ParentGUID></Shot>`

/** What other programs, people and accidents make of a descriptor. */
const edits: Readonly<Record<string, Edit>> = {
  "no TopGUID": replaced(/<TopGUID>.*?<\/TopGUID>/, ""),
  "an unknown TopGUID": replaced(/<TopGUID>.*?<\/TopGUID>/, `<TopGUID>${unknown}</TopGUID>`),
  "the old format": (text) => text.replaceAll(top.id, ids.e),
  "identifiers without braces": (text) => text.replace(/[{}]/g, ""),
  "identifiers in upper case": (text) => text.replace(/\{[^}]*\}/g, (id) => id.toUpperCase()),
  "blanks around identifiers": replaced(/<GUID>(.*?)<\/GUID>/g, "<GUID> $1 </GUID>"),
  "an identifier that is none": replaced(/<GUID>.*?<\/GUID>/, "<GUID>{x}</GUID>"),
  "no identifier": replaced(/<GUID>.*?<\/GUID>/, ""),
  "an unknown element": into("Disk_Parameters", "<Miscellaneous><CompatLevel>level2</CompatLevel></Miscellaneous>"),
  "an unknown element of an image": into("Image", "<Bootable/>"),
  "an attribute": replaced("<Image>", "<Image id=\"1\">"),
  "a comment": into("Snapshots", "<!-- made by hand -->"),
  "the name of a key": into("Disk_Parameters", "<Encryption><KeyId>key</KeyId></Encryption>"),
  "a key": into("Disk_Parameters", `<Encryption><Engine>${unknown}</Engine><Data>KEY</Data></Encryption>`),
  "an empty encryption": into("Disk_Parameters", "<Encryption/>"),
  "a limit of deltas": replaced("</Disk_size>", "</Disk_size><Max_delta_size>4096</Max_delta_size>"),
  "two storages": replaced(/(<Storage>[\s\S]*<\/Storage>)/, "$1$1"),
  "no storage": replaced(/<Storage>[\s\S]*<\/Storage>/, ""),
  "a storage without images": replaced(/<Image>[\s\S]*<\/Image>/, ""),
  "no snapshots": replaced(/<Snapshots>[\s\S]*<\/Snapshots>/, ""),
  "no shots": replaced(/<Shot>[\s\S]*<\/Shot>/, ""),
  "no parameters": replaced(/<Disk_Parameters>[\s\S]*<\/Disk_Parameters>/, ""),
  "raw images": (text) => text.replaceAll("<Type>Compressed", "<Type>Plain"),
  "a raw base": replaced("<Type>Compressed", "<Type>Plain"),
  "a raw top": replaced(/Compressed(?![\s\S]*Compressed)/, "Plain"),
  "expanded images": (text) => text.replaceAll("<Type>Plain", "<Type>Compressed"),
  "an unknown type": replaced(/<Type>\w+/, "<Type>Sparse"),
  "no type": replaced(/<Type>\w+<\/Type>/, ""),
  "another cluster size": replaced(/<Blocksize>\d+/, "<Blocksize>1024"),
  "a cluster size of 0": replaced(/<Blocksize>\d+/, "<Blocksize>0"),
  "a cluster size that is not a number": replaced(/<Blocksize>\d+/, "<Blocksize>many"),
  "a negative cluster size": replaced(/<Blocksize>/, "<Blocksize>-"),
  "no cluster size": replaced(/<Blocksize>\d+<\/Blocksize>/, ""),
  "a cluster size in hexadecimal digits": (text) =>
    text.replace(/<Blocksize>(\d+)/, (_, size: string) => `<Blocksize>0x${Number(size).toString(16)}`),
  "no geometry": replaced(/<(Cylinders|Heads|Sectors)>\d+<\/\1>/g, ""),
  "no heads": replaced(/<Heads>\d+/, "<Heads>0"),
  "another geometry": replaced(/<Heads>\d+/, "<Heads>3"),
  "a size of 0": replaced(/<Disk_size>\d+/, "<Disk_size>0"),
  "another size": replaced(/<Disk_size>\d+/, "<Disk_size>4096"),
  "a huge size": replaced(/<Disk_size>\d+/, "<Disk_size>99999999999"),
  "a size that is not a number": replaced(/<Disk_size>\d+/, "<Disk_size>large"),
  "no size": replaced(/<Disk_size>\d+<\/Disk_size>/, ""),
  "another start": replaced(/<Start>\d+/, "<Start>2048"),
  "another end": replaced(/<End>\d+/, "<End>2048"),
  "preallocated": replaced("<Image>", "<Preallocated>1</Preallocated><Image>"),
  "preallocated by another number": replaced("<Image>", "<Preallocated>2</Preallocated><Image>"),
  "a file in CDATA": replaced(/<File>([^<]*)/, "<File><![CDATA[$1]]>"),
  "a reference to a character": replaced("<File>root.hdd", "<File>root&#46;hdd"),
  "an entity": (text) =>
    text.replace("?>", "?>\n<!DOCTYPE d [<!ENTITY r \"root\">]>").replace("<File>root", "<File>&r;"),
  "an unknown entity": replaced("<File>root", "<File>&r;"),
  "a file with a dot": replaced("<File>root", "<File>./root"),
  "a file in another directory": replaced("<File>root", "<File>sub/../root"),
  "no file": replaced(/<File>[^<]*<\/File>/, ""),
  "an empty file name": replaced(/<File>[^<]*/, "<File>"),
  "a missing file": replaced(/<File>[^<]*/, "<File>nowhere"),
  "one file twice": (text) => {
    const [, first] = /<File>([^<]*)/.exec(text) ?? []
    return text.replace(/<File>[^<]*(?![\s\S]*<File>)/, `<File>${first}`)
  },
  "an image too many": into("Storage", image(unknown, "nowhere")),
  "a snapshot too many": into("Snapshots", shot(unknown, none)),
  "an image and a snapshot too many": (text) =>
    into("Storage", image(unknown, "nowhere"))(into("Snapshots", shot(unknown, top.id))(text)),
  "a branch that is missing": (text) =>
    into("Storage", image(unknown, "nowhere"))(
      text.replace(/<GUID>([^<]*)(<\/GUID>\s*<ParentGUID>)/, `<GUID>$1$2`).replace(
        "</Snapshots>",
        `${shot(unknown, /<Shot>\s*<GUID>([^<]*)/.exec(text)?.[1] ?? none)}</Snapshots>`
      )
    ),
  "a shot missing": replaced(/<Shot>[\s\S]*?<\/Shot>/, ""),
  "an image missing": replaced(/<Image>[\s\S]*?<\/Image>/, ""),
  "a snapshot twice": replaced(/(<Shot>[\s\S]*?<\/Shot>)/, "$1$1"),
  "an image twice": replaced(/(<Image>[\s\S]*?<\/Image>)/, "$1$1"),
  "a missing parent": replaced(/<ParentGUID>[^<]*/, `<ParentGUID>${unknown}`),
  "no parent": replaced(/<ParentGUID>[^<]*<\/ParentGUID>/, ""),
  "a cycle": replaced(`<ParentGUID>${none}`, `<ParentGUID>${top.id}`),
  "its own parent": replaced(/<GUID>([^<]*)(<\/GUID>\s*<ParentGUID>)[^<]*/, "<GUID>$1$2$1"),
  "two bases": replaced(/<ParentGUID>(?!.*<ParentGUID>)[^<]*(?![\s\S]*<ParentGUID>)/, `<ParentGUID>${none}`),
  "a temporary top": replaced(
    new RegExp(`(<GUID>${top.id}</GUID>\\s*<ParentGUID>[^<]*</ParentGUID>)`),
    "$1<Temporary/>"
  ),
  "a namespace": replaced("disk_image>", "disk_image xmlns=\"urn:x\">"),
  "prefixes": (text) => text.replace(/<(\/?)(\w)/g, "<$1p:$2").replace("disk_image>", "disk_image xmlns:p=\"urn:x\">"),
  "another root element": (text) => text.replaceAll("Parallels_disk_image", "disk"),
  "a byte order mark": (text) => `\ufeff${text}`,
  "no declaration": replaced(/<\?.*?\?>\n?/, ""),
  "blanks in front": (text) => ` ${text}`,
  "text behind": (text) => `${text}more`,
  "nothing": () => "",
  "half of it": (text) => text.slice(0, text.length / 2),
  "text": () => "no descriptor\n",
  "an element without its end": replaced("</Disk_Parameters>", ""),
  "another version of its element": into("Disk_Parameters", "<Disk_size>64</Disk_size>"),
  "another padding": replaced(/<Padding>\d+/, "<Padding>8")
}

const kept = ({ directory }: Place): string => `${directory}/kept`

const edit = (fs: FileSystem.FileSystem, place: Place, change: Edit) =>
  Effect.gen(function*() {
    const text = yield* fs.readFileString(place.disk)
    yield* fs.writeFileString(kept(place), text)
    yield* fs.writeFileString(place.disk, change(text))
  })

/** A descriptor that the tool did not write, and the one from before. */
export const foreign: ReadonlyArray<Weighted> = [
  some(6, FastCheck.constantFrom(...Object.keys(edits)), (name) =>
    files(
      `edit the descriptor: ${name}`,
      (fs, place) => edit(fs, place, edits[name] ?? ((text) => text)),
      { when: both(idle, ({ edited }) => !edited), leads: { edited: true } }
    )),
  just(
    4,
    files(
      "put the descriptor back",
      (fs, place) => fs.rename(kept(place), place.disk),
      { when: both(idle, ({ edited }) => edited), leads: { edited: false } }
    )
  )
]
