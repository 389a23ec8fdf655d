import { inFile as inAnyFile } from "../engine/Mutant.js"
import type { Breakage } from "../engine/Selection.js"
import { at } from "../engine/Selection.js"

const inFile = (file: string, breakages: Readonly<Record<string, Breakage>>) =>
  inAnyFile({ package: "backend-cli", file: `internal/${file}` }, breakages)

const killable = "\"change\""

export const cli = [
  ...inFile("process.ts", {
    "the wait for a permit cannot be interrupted": at("makePermits").binary("??").nth(-1).put(
      "wait ?? ((effect) => effect)"
    ),
    "a permit is not given back": at("makePermits").call("ensuring").unwrap(),
    "a permit is given back after success only": at("makePermits").call("ensuring").put("Effect.tap(_0, () => _1)"),
    "any number of processes run at once": at("makePermits").call("take").put("Effect.void"),
    "queries wait for a permit of changes": at("makePermits.permits").ternary().unwrap(1),
    "a run cannot be interrupted": at("run").call("restore").unwrap(),
    "an interrupted run leaves its process": at("run").call("onExit").unwrap(),
    "a stream that the tool fails in ends well": at("make.succeed").ternary().always(),
    "a stream that nobody wants leaves its process": at("make.startScoped").call("finish").put("Effect.void")
  }),
  ...inFile("process/running.ts", {
    "queries have the limit of changes": at("start.limit").ternary().unwrap(1),
    "changes have the limit of queries": at("start.limit").ternary().unwrap(0),
    "a limit of its own is ignored": at("start.limit").binary("??").unwrap(1),
    "nothing ends a process whose time is over": at("start.watch").ternary().never(),
    "a success that came after the limit is a timeout": at("conclude").binary("&&").unwrap(0),
    "a run that timed out is a result": at("conclude").if().never(),
    "a timeout comes while the group of the process still runs": at("conclude").call("done").put("Effect.void"),
    "an output that breaks off is whole": at("conclude").binary("??").unwrap(1),
    "what a prefix prints is taken for the tool's": at("conclude").binary("??").unwrap(0),
    "truncation goes unsaid": at("resultOf").value("truncated").put("false"),
    "a query behind a prefix that no signal reaches is waited for": at("awaitExit").ternary().always(),
    "a missing prefix is a missing tool": at("spawn").binary("??").unwrap(1),
    "a process that is over is ended again": at("finish").ternary().nth(0).never()
      .isEquivalent("a process that is gone is found not to run, and has nothing left to interrupt"),
    "an interrupted run does not end its input": at("finish").binary("??").nth(0).put("Effect.void")
  }),
  ...inFile("process/watch.ts", {
    "a process whose time is over is not told to stop": at("start").call("terminate").put("Effect.void"),
    "every run whose limit has passed is a timeout": at("hasExpired").binary("&&").unwrap(0)
  }),
  ...inFile("process/termination.ts", {
    "a command that harms an image is killed": at("make.terminate").ternary().never(),
    "every command is waited for": at("make.terminate").ternary().always(),
    "a process that ignores SIGTERM is left alone": at("make.killAfterGrace").value("onNone").put("() => Effect.void"),
    "the group of a process that has ended is left alone": at("make.killAfterGrace").call("killGroup").put(
      "Effect.void"
    ),
    "a process is killed at once": at("make.killAfterGrace").literal("SIGTERM").put("\"SIGKILL\""),
    "what a tool that changes something leaves of its group is left alone": at("make.killAfterGrace").value("onSome")
      .put("() => kind === \"query\" ? killGroup(process) : Effect.void"),
    "a change behind a prefix is left to itself": at("make.killAfterGrace").ternary().always(),
    "a query behind a prefix is waited for": at("make.killAfterGrace").ternary().never(),
    "a process of another user is signalled directly only": at("make.signal").ternary().never(),
    "only the process is signalled, not its group": at("make.kill").call("make").part(-1).put("`${process.pid}`")
  }),
  ...inFile("process/failures.ts", {
    "what a prefix says is never recognized": at("refusedByPrefix").if().nth(0).always(),
    "what the tool says is taken for the prefix's": at("refusedByPrefix").if().nth(0).never(),
    "a missing tool is unclassified": at("notStarted").case("ENOTDIR").drop(),
    "a tool that may not be executed is unclassified": at("notStarted").case("ENOEXEC").drop(),
    "a full process table is unclassified": at("notStarted").case("EAGAIN").drop(),
    "death by a signal is an unreadable exit": at("unreadable").ternary().nth(0).always(),
    "an error has the beginning of a long output, and not its end": at("bounded").call("slice").put(
      "text.slice(0, longest)"
    )
  }),
  ...inFile("process/command.ts", {
    "the environment that pads the arguments is missing": at("environment").property("PLOOP_PAD").drop(),
    "the tool may speak another language than English": at("environment").property("LC_ALL").drop(),
    "the tool reads what this process reads": at("make").ternary().never()
  }),
  ...inFile("process/feed.ts", {
    "a tool that reads no more is fed for ever": at("start").call("raceFirst").drop()
  }),
  ...inFile("process/passing.ts", {
    "a stream ends with the tool, whatever is left in the pipe": at("output.over").call("zipRight").calling("sleep")
      .drop()
  }),
  ...inFile("process/trace.ts", {
    "the exit code of a run is not in its span": at("annotateEnd").call("attribute").nth(0).drop(),
    "a run is not in the span of its operation": at("withParent").ternary().never()
  }),
  ...inFile("process/drain.ts", {
    "every line of the tool is logged, however low": at("report").call("filter").put(
      "_.concat(lines.map((line) => [Output.level(line), line] as const))"
    ),
    "control characters of the tool come raw into the log": at("report").call("escape").unwrap(),
    "the last words of an output that a grandchild holds open are lost": at("awaitAll").value("onNone").put(
      "() => Effect.void"
    )
  }),
  ...inFile("output.ts", {
    "a line of any length is logged": at("Output.split").if().mentioning("longestLine").nth(-1).never(),
    "only the beginning of a long output is kept": at("Output.text").call("subarray").put("tail.subarray(tail.length)"),
    "a warning of the tool is not loud": at("level").if().nth(0).never()
  }),
  ...inFile("locks.ts", {
    "operations on images of a directory run at once": at("make.exclusive").call("zipRight").unwrap(1),
    "operations on one disk run at once": at("make.onlyWriter").call("lock").put("Effect.succeedNone"),
    "generation 9 works on a disk that it cannot lock": at("locksItself").value("9").put("true"),
    "a missing flock is a missing file": at("lockError").ternary().never(),
    "an operation on a device fails where the directory may not be opened": at("make").call("catchTag").nth(-1).drop()
  }),
  ...inFile("flock.ts", {
    "another process may hold the lock": at("lock").binary("&&").put("false"),
    "the fibers of this process do not wait for each other": at("enter").call("take").put("Effect.void"),
    "the wait for a lock cannot be interrupted": at("enter").call("restore").unwrap(),
    "a directory that was moved while its lock was waited for counts as locked": at("attempt").binary("&&").nth(0)
      .unwrap(0),
    "several may hold the lock": at("spawned").literal("-x").put("\"-s\""),
    "a lock that another holds is had": at("tryLock").if().never(),
    "the lock of a file that was replaced counts": at("tryLock").ternary().nth(-1).always()
  }),
  ...inFile("forkServer/pool.ts", {
    "a server is used again after a command that a signal ended": at("leftNothing").binary("<=").put("true"),
    "a server is used again whatever a command left": at("leftNothing").put("() => Effect.succeed(true)"),
    "a command outlives the scope of its process": at("end").put("() => Effect.void"),
    "servers outlive the layer": at("make").call("dismiss").nth(0).put("undefined"),
    "a lock that a killed server had is lost": at("make.lockAgain").put("() => Effect.never")
  }),
  ...inFile("forkServer/heritage.ts", {
    "a command runs as the real user in place of the effective one": at("userOf").binary("&&").nth(0).unwrap(1),
    "a server is used with another environment": at("same").call("sameEnvironment").put("true"),
    "a shell changes the environment of a command": at("current").ternary().always(),
    "a server is used in another directory": at("same").binary("&&").nth(0).unwrap(1)
  }),
  ...inFile("forkServer/marked.ts", {
    "an output with something behind its end is over": at("make.passed").ternary().nth(0).always(),
    "a beginning of the marker is passed on": at("heldBack").put("() => 0")
  }),
  ...inFile("forkServer/process.ts", {
    "another process with the number of one that is gone is that one": at("isAlive").binary("&&").unwrap(1),
    "another process with the number of one that has ended is signalled": at("kill").binary("&&").unwrap(1)
  }),
  ...inFile("otherTools.ts", {
    "nobody waits for a tool that works on a directory itself": at("changing").binary("||").unwrap(1)
  }),
  ...inFile("changeMap.ts", {
    "a map is read as far as a damaged header says": at("blockAt").binary("||").unwrap(0)
  }),
  ...inFile("session.ts", {
    "an image that its link names no more is changed": at("make.onImage").ternary().always(),
    "operations on a disk take no lock": at("make.onDisk").curried("onlyWriter").unwrap(),
    "a disk has a lock for each name of its directory": at("make.onDisk").call("real").nth(0).put(
      "Effect.succeed(host.absolute(disk))"
    ),
    "the lock is that of the descriptor, not of its directory": at("make.onDisk").call("directory").nth(0).unwrap(),
    "a disk that was replaced while its lock was waited for is changed": at("make.onDisk").ternary().always(),
    "queries wait for operations on the disk": at("make").value("lookAt").put("onDisk"),
    "operations on an image take no lock": at("make.onImage").curried("exclusive").unwrap(),
    "an image may be a descriptor": at("requireImage").if().nth(0).never(),
    "a silent failure means that the disk is missing": at("makeExecute").if().making("DiskNotFound").innermost()
      .condition().put("silent"),
    "a failure with words means that the disk is missing": at("makeExecute.silent").put(
      "call.descriptor !== undefined"
    ),
    "a silent failure on a missing disk is unclassified": at("makeExecute").if().making("DiskNotFound").nth(-1).never(),
    "a failure of the tool is a success": at("makeExecute").if().nth(0).never(),
    "a failure that the tool reports as success is one": at("makeExecute").call("match").put("result"),
    "a truncated answer is read": at("makeAsk").ternary().never(),
    "generation 9 takes a descriptor of any name": at("makeNamed").call("zipRight").put(
      "Effect.flatMap(() => use(path))"
    ),
    "the tool's output names a directory of the backend's own": at("renamed").ternary().always()
  }),
  ...inFile("generation.ts", {
    "the generation is asked for each time": at("make.probeOnce").value("onSome").put(
      "() => Effect.map(probe(options), (found) => [found, Option.some(found)] as const)"
    )
      .isEquivalent("what is known is not asked for a second time anyway"),
    "a tool that is none has a generation": at("probe").call("mapLeft").put("Either.right(\"1.15\" as const)"),
    "kernel modules are not loaded": at("probe").call("prepare").drop()
  }),
  ...inFile("host.ts", {
    "the way up behind a link is left out": at("hasDetour").put("() => false"),
    "a file with holes takes as much as it is long": at("make").value("allocated").value("onSome").put(
      "(blocks) => blocks > 0 ? size : 0n"
    ),
    "what a guest has written is judged as the header of an image": at("make.imageStarts").binary("||").put("true"),
    "a relative path is given to the tool as it is": at("make.absolute").call("resolve").unwrap(),
    "the images of a linked descriptor are looked for beside the link": at("make.descriptor").call("dirname").nth(-1)
      .part(0).put("absolute(disk)"),
    "a descriptor that is a directory is an input and output error": at("readError").case("InvalidData").drop(),
    "what may not be seen is not there": at("make").value("exists").literal("true").put("false"),
    "a file is a directory": at("make.isDirectory").value("onSuccess").put("() => true"),
    "a path that no host has is one of an image": at("pathsOf").if().never(),
    "a file outside a directory is below it": at("make.below").ternary().never()
  }),
  ...inFile("newFiles.ts", {
    "a file that is there may be overwritten": at("refuseExisting").value("onSome").put("() => Effect.void"),
    "a file that may not be seen may be overwritten": at("refuseExisting").call("mapError").put(
      "Effect.orElseSucceed(_0, Option.none)"
    ),
    "a private directory stays": at("privateDirectory").call("catchAll").put("Effect.void"),
    "files that got their names keep them when another one does not": at("publish").ternary().always(),
    "a full disk is an input and output error": at("fileError").ternary().nth(1).never(),
    "a quota that is used up is an input and output error": at("fileError").literal("EDQUOT").drop(),
    "a private directory that is not locked is used": at("makeLocked").binary("||").put("true"),
    "a private directory that is gone is an error": at("makeLocked").ternary().always(),
    "a name that is taken is an input and output error": at("fileError").if().nth(0).never()
  }),
  ...inFile("nodeHostFiles.ts", {
    "a link that leads nowhere is not there": at("find").call("lstat").put("NFS.promises.stat(_0, _1)"),
    "a path that may not be seen is not there": at("find").ternary().always(),
    "a FIFO is read": at("readAny").call("requireKind").nth(0).drop(),
    "a file of any size is read": at("whole").binary("<=").put("true"),
    "a file of another identity is removed": at("unlink").if().always(),
    "a directory of another identity is removed": at("removeDirectory").if().nth(0).never(),
    "a link takes the place of a file": at("nodeHostFiles").value("link").put(
      "(from, to) => attempt(\"link\", to, () => NFS.promises.rename(from, to))"
    ),
    "a file of another identity gets a name": at("replace").if().always(),
    "a directory that others have rights to is private": at("foundOf").value("isPrivate").unwrap(0)
  }),
  ...inFile("nodeFiles.ts", {
    "a copy is written over a file that comes to be meanwhile": at("withNew").binary("|").nth(-1).unwrap(0),
    "a file system that takes no writes is an input and output error": at("reasons").property("EROFS").drop()
  }),
  ...inFile("statfsCache.ts", {
    "a cache of any length is read": at("read").if().nth(0).never()
  }),
  ...inFile("superblock.ts", {
    "a file system is as large as the lower half of its blocks says": at("blocksOf").literal("32n").put("0n"),
    "any number is the size of a block": at("powerOfTwo").ternary().always(),
    "an XFS file system has no block size": at("isXfs").binary("===").put("false")
  }),
  ...inFile("parse.ts", {
    "the first device of a mount is the one that came up": at("attachedDevice").call("at").part(0).put("0"),
    "generation 7 is taken for 1.15": at("generation").literal("/\\bencrypt\\b/").put("/never/"),
    "a device that is none is taken from the answer": at("device").call("match").part(1).put(
      "/^device:\\t\\t(\\S+)?$/m"
    ),
    "only the first line of a truncation is counted": at("truncated").call("reduce").put(
      "BigInt([...stdout.matchAll(/\\((\\d+) bytes\\)$/gm)][0]?.[1] ?? 0)"
    ),
    "a path with a line end in the list of devices is cut": at("rowsOf").if().calling("pop").innermost()
      .negate(),
    "the mount point of another device is taken": at("withTarget").call("startsWith").nth(-1).put("true"),
    "a check that ignored an error is clean": at("isLeftBroken").literal("/\\bIgnored\\b/").put("/never/"),
    "a check that ended in the middle of a cluster is clean": at("isLeftBroken").binary(">").put("false"),
    "a check that could not be carried out is a finding": at("checked").ternary().nth(-1).always(),
    "a check that repaired is clean": at("checked").literal("repaired").put("\"clean\"")
  }),
  ...inFile("arguments.ts", {
    "a file system that grows has no room for descriptors": at("growth").binary("+").nth(0).unwrap(0),
    "a partition ends in the second table": at("partitionTable").literal("1n").put("0n"),
    "an image may begin with a dash": at("create").literal("--").drop(),
    "`lazy` is inverted": at("create").binary("===").nth(-1).put("request.lazy === true"),
    "the version of a new disk is left to the tool": at("create").call("option").nth(0).drop(),
    "a read-only mount is one for writing": at("mount").call("flag").nth(0).drop(),
    "a mount is as silent as it is told to be": at("mount").call("max").unwrap(1),
    "sizes are given in bytes": at("sectors").put("(size: ByteSize.ByteSize): string => `${size}`"),
    "a check with read-only repairs": at("check").literal("-r").put("\"-f\""),
    "an unmount forgets the component": at("umount").call("option").drop(),
    "generation 1.15 gets no end of a range": at("ranges").value("1.15").put("steps"),
    "a range is merged as one snapshot": at("mergeSnapshots").ternary().nth(-1).never(),
    "a merge into a new file is one in place": at("mergeSnapshots").call("option").drop()
  }),
  ...inFile("operations/creation.ts", {
    "a restored descriptor names its image absolutely on every generation": at("restoreInPrivate").ternary().never(),
    "create writes over what is there": at("create").call("refuseExisting").drop(),
    "create does not look for a descriptor that is there": at("create").call("refuseExisting").part(-1).drop(),
    "create takes no lock": at("create").curried("exclusive").unwrap(),
    "create makes files where others see them": at("create").ternary().nth(-1).never(),
    "create of a tool that runs as another user is in a directory of the backend's": at("create").mention("ownsFiles")
      .nth(-1)
      .put("true"),
    "a file system is made in an image of another user": at("requireOwnFiles").ternary().always(),
    "create asks nobody what a generation gets wrong": at("create").call("create").nth(0).drop(),
    "create gives out a descriptor of another image": at("createInPrivate").call("requireFile").drop(),
    "an aborted create leaves its device": at("createInPrivate").call("onError").unwrap(),
    "create gives the image its name, and not the descriptor": at("createInPrivate").call("publish").array().part(1)
      .drop(),
    "a restored descriptor replaces one that is there": at("restoreDescriptor").call("refuseExisting").drop(),
    "a restored descriptor takes no lock": at("restoreDescriptor").curried("exclusive").unwrap(),
    "a restored descriptor names its image as the private directory sees it": at("restoreInPrivate").call("moved")
      .unwrap(),
    "a descriptor is restored beside other deltas": at("restoreDescriptor").call("names").put("Effect.succeed([])"),
    "to restore a descriptor is a query": at("restoreDescriptor").value("kind").put("\"query\"")
  }),
  ...inFile("operations/images.ts", {
    "an image is replaced by another one of the disk": at("requireForeign").call("includes").put("false"),
    "convert changes a running disk": at("convert").call("runningDisk").drop(),
    "convert takes no lock": at("convert").call("onSoundDisk").put("session.lookAt(_0, _1, _2)"),
    "convert changes images elsewhere": at("convert").call("requireInside").drop(),
    "convert overwrites what is called like its own files": at("convert").call("refuseExisting").drop(),
    "convert is a query": at("convert").value("kind").put("\"query\""),
    "check of an image takes no lock": at("check").call("onImage").put("run(session.host.absolute(subject))"),
    "check of a disk takes no lock": at("check").call("onSoundDisk").put("session.lookAt(_0, _1, _2)"),
    "generation 1.15 ignores options of a check": at("check").call("check").nth(0).drop(),
    "a check that fails is a finding": at("check").binary("??").nth(-1).unwrap(0),
    "check is a query": at("check").value("kind").put("\"query\""),
    "replace can be killed": at("replace").value("kind").put(killable),
    "a replacement need not be there": at("replace").call("missingImage").drop(),
    "an image elsewhere is replaced under its name": at("replace").call("requireInsideIfRead").drop(),
    "an image of a running disk keeps its name": at("replace").call("replace").nth(0).drop()
  }),
  ...inFile("operations/confinement.ts", {
    "images elsewhere are changed": at("requireInside").ternary().nth(0).always(),
    "images elsewhere are never changed": at("requireInside").ternary().nth(0).never(),
    "a link that leads elsewhere is inside": at("outside").call("real").nth(-1).put("Effect.succeed(disk.image(file))"),
    "a path elsewhere comes raw into the error": at("requireInside").call("escape").unwrap(),
    "a temporary snapshot elsewhere is merged on the way": at("temporary").call("flatMap").put("[]"),
    "the child of a deleted snapshot may be elsewhere": at("withOnlyChild").ternary().never()
  }),
  ...inFile("afterKill.ts", {
    "what a killed tool wrote stays": at("removeWritten").call("forEach").drop(),
    "what a killed tool wrote goes while another tool is at work": at("removeWritten").if().nth(0).never(),
    "a delta that a device writes to is removed": at("removeWritten").if().nth(1).never(),
    "a file that was there before is removed after a kill": at("clear").call("has").put("false"),
    "a snapshot that a device uses is not finished": at("finish").if().nth(0).never(),
    "any new descriptor takes the place of the old one": at("finish").call("exists").put("true")
  }),
  ...inFile("process/commands.ts", {
    "a failure of the tool stops devices": at("isAborted").put("() => true"),
    "a device is left by what was interrupted": at("on").call("isInterrupted").put("false"),
    "a device is left by what timed out": at("isAborted").literal("TimedOut").put("\"Busy\""),
    "what came while a command waited for its turn is removed": at("on").binary("&&").unwrap(0),
    "what a command has left that went on to its end is removed": at("clearing").literal("wasEnded").put(
      "\"wasStarted\""
    )
  }),
  ...inFile("scratch.ts", {
    "the tool writes through a link beside the disk": at("isOwn").binary("&&").unwrap(1),
    "the tool writes to a file that has another name too": at("isOwn").binary("&&").unwrap(0),
    "the tool mounts a disk where a link leads": at("requireOwnMountPoint").call("exists").put("false"),
    "an unmount writes numbers through a link": at("hasForeignNumbers").call("exists").put("false")
  }),
  ...inFile("unfinished.ts", {
    "a directory with the name of a file is taken for one": at("regularAt").binary("===").put("true"),
    "a delta with data that no descriptor names is removed": at("judge").call("isEmpty").put("Effect.succeed(true)"),
    "a switch that was cut short is completed like a snapshot": at("judge").ternary().nth(0).always(),
    "a new delta of another directory is taken for one of the disk": at("find.isTheirs").binary("===").nth(0).put(
      "true"
    )
  }),
  ...inFile("operations/abandoned.ts", {
    "a private directory of a living process is removed": at("clear").if().nth(1).never(),
    "a private directory of a dead process goes before its device": at("clear").if().nth(2).never(),
    "a directory that came to the name of a private one is removed": at("clear").call("same").put("true")
  }),
  ...inFile("operations/losses.ts", {
    "an image that the tool removed is lost": at("dropped").call("exists").put("Effect.succeed(true)"),
    "a mount fails for its own device": at("refuseCutShort").literal("1").put("0"),
    "a running disk is taken for an idle one": at("refuseCutShort").if().nth(-1).always()
  }),
  ...inFile("operations/busy.ts", {
    "a device is unmounted for its name, whatever its image": at("sameDevice").binary("&&").unwrap(0),
    "a mount that an unmount takes away as well keeps it from being tried": at("requireNoneHidden").not().put("true")
  }),
  ...inFile("operations/teardown.ts", {
    "a device that ran before is stopped": at("attachingIdle").if().never(),
    "a device is left by what was killed": at("attachingIdle").call("undoing").unwrap(0),
    "a device of which nobody knows whether it ran is stopped": at("attachingIdle.wasIdle").put(
      "!Option.exists(before, Option.isSome)"
    ),
    "a device of a component is stopped": at("attachingIdle").binary("===").put("true"),
    "a device that cannot be stopped hides why the operation failed": at("stopDevices").call("catchAll").drop(),
    "every device is stopped after a create": at("stopDevicesBelow").call("some").put("true"),
    "the unmount of what was left is a query": at("stopDevices").value("kind").put("\"query\"")
  }),
  ...inFile("operations/ofDevice.ts", {
    "an operation on a device takes no lock": at("homeOf").call("listDevices").put("Effect.succeed([])"),
    "a device that runs another disk by then is changed": at("onlyUser").ternary().always()
  }),
  ...inFile("operations/bothDirectories.ts", {
    "a call waits for itself where two paths lead to one directory": at("keyOf").value("onSome").put("() => path"),
    "two clones in opposite directions wait for each other": at("inBoth").ternary().nth(-1).never()
  }),
  ...inFile("operations/cloning.ts", {
    "images that cannot be merged are copied for a flat clone": at("cloneFrom").call("requireFlattenable").drop(),
    "an image of a clone is made as a query": at("makeTop").value("kind").put("\"query\""),
    "a clone is linked across file systems": at("requireClonable").value("isOnFileSystem").put("true"),
    "a clone is made in the directory of its disk": at("requireClonable").value("isOfDisk").put("false"),
    "a clone is made beside the record of another one": at("cloneFrom").call("refuseExisting").spread().drop(),
    "a clone has one of the images that a merge has left": at("flatten").binary("&&").unwrap(0)
  }),
  ...inFile("operations/importing.ts", {
    "an import of a directory is an input and output error": at("readError").ternary().nth(-1).never(),
    "a disk that is imported ends within a cluster": at("importIn").call("roundUp").unwrap(0)
  }),
  ...inFile("operations/exporting.ts", {
    "an export does not name the damaged image": at("composeError").ternary().never(),
    "qemu-img is believed": at("exportIn").if().nth(-1).never()
  }),
  ...inFile("operations/dropTracking.ts", {
    "what a guest has written is taken for a map": at("dropTracking").if().nth(-1).never(),
    "the map of a disk is cut off while its tool is at work": at("cut").call("lockTool").put("Effect.void"),
    "the map of an image that another disk has is cut off": at("dropTracking").call("requireUnshared").drop(),
    "the map of an image elsewhere is cut off": at("dropTracking").call("requireInside").drop()
  }),
  ...inFile("operations/removal.ts", {
    "a disk that came to the directory of another one is removed": at("requireSame").if().nth(0).never(),
    "a disk whose descriptor was replaced meanwhile is removed": at("requireSame").if().nth(1).never(),
    "a disk is removed without the lock of its tool": at("removeFrom").call("lockTool").drop(),
    "a removal stops half-way": at("removeFrom").call("uninterruptible").unwrap(),
    "a file that came to the name of a removed one goes unsaid": at("removeName").if().always(),
    "every image of a disk is inherited": at("observed").value("isInherited").put("true"),
    "a file that has the name of an image elsewhere is removed": at("observed").value("name").put("name")
  }),
  ...inFile("operations/sharing.ts", {
    "the names of an image are counted at a link to it": at("observed").call("real").put("Effect.succeed(image)"),
    "a directory is an image that other disks have": at("observed").ternary().always()
  }),
  ...inFile("operations/volumes.ts", {
    "a volume is deleted into an image that something else has": at("deleteVolume").call("requireUnsharedImages")
      .drop(),
    "a volume is changed under the lock of a former parent": at("inDirectories.confirmed").ternary().always(),
    "a new volume that failed goes before its device": at("discard").binary("&&").unwrap(1)
  }),
  ...inFile("operations/toolLock.ts", {
    "a disk is removed while its tool is at work": at("lockTool").if().never()
  }),
  ...inFile("operations/bareDeltas.ts", {
    "a merge of files writes to an image that other disks have": at("requireMergeableFiles").call(
      "requireUnsharedImages"
    ).drop()
  }),
  ...inFile("operations/shrinking.ts", {
    "what a balloon has is not available to a smaller file system": at("measure").binary("+").unwrap(0)
  }),
  ...inFile("operations/staleFlag.ts", {
    "the in-use flag of a device is cleared": at("clear").binary("||").unwrap(0)
  }),
  ...inFile("operations/mounts.ts", {
    "a resize leaves the numbers from before": at("dropNumbers").if().nth(-1).never(),
    "a mount converts an image that another disk has": at("requireOwnImages").binary("===").nth(-1).put("false"),
    "a raw disk that is mounted is not made smaller": at("refuseRawShrink").if().calling("isMountedDevice").innermost()
      .never(),
    "a mount can be killed": at("attach").value("kind").put(killable),
    "the wait of a mount cannot be interrupted": at("attach").call("run").part(1).drop(),
    "a mount that timed out leaves its device": at("attach").call("tapError").drop(),
    "a mount that failed leaves its device": at("attach").if().calling("tearDown").innermost().never(),
    "a disk that is mounted already is taken down": at("attach").if().saying("AlreadyMounted").innermost().always(),
    "a mount whose device is not found leaves it": at("attach").call("onError").unwrap(),
    "a mount does not see that it was interrupted": at("attach").call("zipLeft").unwrap(),
    "the device that the caller named is taken down": at("tearDown").binary("||").unwrap(0),
    "the device of another disk is taken down": at("tearDown").call("filter").put(
      "[{ device: device as DevicePath.DevicePath, image: \"/\" as never }]"
    ),
    "a device that only the log names is not found": at("findAttachment").if().nth(0).never(),
    "a mount for which no device is found succeeds": at("findAttachment").if().nth(1).negate(),
    "a mount point need not be there": at("prepareMount").call("requireDirectory").drop(),
    "a mount of a snapshot is one of the top": at("mountedDelta").call("mountTop").put(
      "Option.some({ snapshot: undefined, readOnly: false })"
    ),
    "a mode of resize is ignored": at("make.resize").call("resize").nth(0).drop(),
    "an idle raw disk is made smaller": at("make.resize").call("refuseRawShrink").drop(),
    "a killed resize leaves its device": at("make.resize").call("attachingIdle").put("run"),
    "resize can be killed": at("make.resize").value("kind").put(killable)
  }),
  ...inFile("operations/umount.ts", {
    "an unmount of a device that is not there reaches the tool": at("umount.byDevice").call("zipRight").unwrap(1),
    "generation 9 is asked to unmount a disk": at("umount").call("onDisk").if().always(),
    "generation 9 is asked to unmount an image": at("umount").call("onImage").if().always(),
    "an unmount waits for no other operation": at("umount").call("onDisk").put("session.lookAt(_0, _1, _2)"),
    "an unmount by device takes no lock": at("umount").call("onlyUser").nth(0).unwrap(-1),
    "an idle device of a component is that of its image": at("namedDevice").binary("&&").unwrap(0),
    "a busy unmount does not say what keeps it busy": at("umount.run").call("catchTag").drop(),
    "a device that runs on without its mount point is not found again": at("umount.byTarget").ternary().always()
  }),
  ...inFile("operations/devices.ts", {
    "an image above the base has no device": at("deviceOfImage").ternary().nth(-1).never(),
    "a tool that waited for a lock found nothing": at("unnamedByTool").if().nth(1).never(),
    "an answer after half a minute is trusted": at("unnamedByTool").call("greaterThan").put("false"),
    "a tool that may not lock found nothing": at("unnamedByTool").if().nth(2).never(),
    "a tool that could not read the descriptor found nothing": at("unnamedByTool").if().nth(3).never(),
    "the devices of any disk are those of a disk": at("devicesOf").call("has").put("true"),
    "only the base image shows whose device it is": at("realImages").call("forEach").part(0).put(
      "descriptor.images.slice(0, 1)"
    ),
    "the device of any component is the one that is asked for": at("deviceOf").call("find").part(0).put("() => true"),
    "the mount points of generation 9 are not read": at("listedByTool.mounts").ternary().never(),
    "the mount points of generation 1.15 are not read": at("listedByTool.long").ternary().never(),
    "a component of another disk is in the way": at("deviceOfOther").binary("&&").unwrap(0),
    "a device of a temporary snapshot writes": at("otherWriter").binary("!==").nth(-1).put("true"),
    "a device that takes writes takes none": at("isReadOnly").literal("/^L..r$/").put("/^L/"),
    "a device on a removed image is that of another": at("devicesOf").binary("&&").unwrap(1),
    "a component of a device is not shown": at("runningDeviceOf").spread().nth(-1).drop()
  }),
  ...inFile("operations/fileSystemInfo.ts", {
    "a mount for numbers that failed is unclassified": at("ofMount").ternary().never(),
    "a disk that must not be mounted is mounted for its numbers": at("fromDisk").call("judge").drop(),
    "a query mounts an idle disk without consent": at("fromDisk").call("fileSystemInfo").value("isCached").put(
      "true"
    ),
    "the descriptor need not be there for its numbers": at("fromDisk").call("descriptor").drop(),
    "numbers beside the descriptor are not read": at("fromDisk.found").ternary().never(),
    "a mount for numbers can be killed as a query": at("ask").value("kind").unwrap(1),
    "a mount for numbers that is killed leaves its device": at("ask.table").call("attachingIdle").put("asked"),
    "a free block counts as used": at("ask").binary("-").nth(0).unwrap(0)
  }),
  ...inFile("operations/queries.ts", {
    "image information waits for operations on the disk": at("make.imageInfo").call("lookAt").put(
      "session.onDisk(_0, _1, _2)"
    )
  }),
  ...inFile("operations/imageInfo.ts", {
    "a cluster is as large as the disk": at("imageInfo").call("fromSectors").nth(1).put(
      "ByteSize.fromSectors(info.sectors)"
    ),
    "a raw image has a version": at("version").ternary().never()
  }),
  ...inFile("operations/snapshots.ts", {
    "the former state is removed after a switch that has happened": at("undoTaken").ternary().never(),
    "switchAndDelete merges into an image that another disk has": at("switchAndDelete").call("requireUnshared").drop(),
    "a top delta that a device shows is deleted": at("deleteSnapshot").call("requireNotShown").drop(),
    "the wait of snapshotAndSwitch cannot be interrupted": at("snapshotAndSwitch").call("take").part(-1).drop(),
    "a random identifier is lost with a failure": at("withId").call("mapError").unwrap(),
    "a temporary snapshot merges another one elsewhere": at("prepareTemporary").call("requireTakable")
      .drop(),
    "a merge changes images elsewhere": at("mergeRange").call("requireInside").drop(),
    "a deletion removes a file elsewhere": at("deleteSnapshot").call("requireInside").drop(),
    "a switch removes a file elsewhere": at("switchSnapshot").call("requireInside").drop(),
    "a snapshot merges a temporary one elsewhere": at("createSnapshot").call("zipRight").unwrap(1),
    "a snapshot, a switch and a deletion can be killed": at("change").value("kind").put(killable),
    "a merge can be killed": at("mergeSnapshots").value("kind").put(killable),
    "snapshotAndSwitch can be interrupted half-way": at("snapshotAndSwitch").call("uninterruptibleMask").put(
      "_0((effect) => effect)"
    ),
    "switchAndDelete can be interrupted half-way": at("switchAndDelete").call("uninterruptibleMask").put(
      "_0((effect) => effect)"
    ),
    "snapshotAndSwitch leaves its snapshot when it cannot switch": at("snapshotAndSwitch").call("onError")
      .unwrap(),
    "snapshotAndSwitch takes its snapshot before it looks": at("snapshotAndSwitch").call("requireSwitchable")
      .drop(),
    "a switch to a temporary snapshot is done": at("requireSwitchable").call("switchTo").drop(),
    "a running disk is switched": at("requireSwitchable").call("runningDisk").drop(),
    "a second temporary snapshot takes the name of the first": at("prepareTemporary").call("attachedDisk")
      .drop(),
    "a temporary snapshot is named as an ordinary device": at("createTemporarySnapshot.component").put(
      "request.component"
    ),
    "switchAndDelete loses the children of a snapshot": at("switchAndDelete").call("switchAndDelete").drop(),
    "a top delta whose parent others need is deleted": at("deleteSnapshot").call("deleteSnapshot").nth(0).drop(),
    "a temporary snapshot with children is deleted again": at("deleteSnapshot").if().nth(0).never(),
    "a merge into a new file is tried where the tool loses snapshots": at("mergeRange").call("mergeIntoFile").drop(),
    "a merge writes over the file that it is to make": at("mergeRange").call("refuseExisting").drop(),
    "a merge of several steps stops after the first": at("mergeSnapshots").call("merges").put("_.slice(0, 1)"),
    "a merge says that no snapshot is gone": at("mergeSnapshots").call("merged").part(3).put("before"),
    "a temporary snapshot that was there before is deleted": at("undoTemporary").if().nth(1).never()
  }),
  ...inFile("operations/balloon.ts", {
    "generation 7 is asked for maintenance by a mount point": at("losesMountPoint").value("7").put("false"),
    "the state of a discard mounts a device that is only attached": at("mountsForStatus").value("7").put("false"),
    "a change of the balloon can be killed": at("make.balloonChange").value("kind").put(killable),
    "discard can be killed": at("make.discard").value("kind").put(killable),
    "repair can be killed": at("make.report").value("kind").put(
      "operation === \"balloonCheck\" ? \"query\" : \"change\""
    ),
    "the check of a balloon cannot be killed": at("make.report").value("kind").put("\"uninterruptible\""),
    "generation 9 is asked for maintenance": at("make").call("balloonMaintenance").put("Effect.void"),
    "an operation on a mounted disk takes no lock": at("make.onRunning").call("onDisk").put(
      "session.lookAt(_0, _1, _2)"
    ),
    "a discard that mounts an idle disk leaves its device": at("make.automounting").call("attachingIdle").put("run"),
    "the state of a discard of an idle disk is unclassified": at("make.discardStatus").if().nth(0).never()
  }),
  ...inFile("operations/copy.ts", {
    "a disk of generation 9 is not locked while it is copied": at("hidesCopiedDevices").value("9").put("false"),
    "a copy is written over what is there": at("reserve").call("refuseExisting").drop(),
    "a copy is made where others see it": at("reserve").if().nth(-1).never(),
    "a copy that is whole is not given its name": at("newImage").call("publish").put("Effect.void"),
    "a copy into the files of another user takes no lock": at("reserve").call("hold").put("Effect.void"),
    "a copy without data is one": at("requireComplete").binary("&&").unwrap(0),
    "a copy in a dialogue can be killed": at("dialogue").value("kind").put(killable),
    "a copy goes one way on generation 7": at("requireStream").call("tap").unwrap()
  }),
  ...inFile("operations/lowLevel.ts", {
    "an image that another disk has grows": at("make.grow").call("requireUnsharedImages").put("Effect.void"),
    "a raw image that is alone does not grow by part of a cluster": at("refuseWrong").if().mentioning("isRawBase")
      .always(),
    "grow can be killed": at("make.grow").value("kind").put(killable),
    "an image of version 1 grows beyond what it holds": at("refuseTooLarge").call("grow").put("Effect.void"),
    "a running disk grows by part of a cluster": at("refuseWrong").if().nth(1).never(),
    "an idle disk does not grow by part of a cluster": at("refuseWrong").binary("!==").put("true"),
    "grow of an image takes no lock": at("make.grow").call("onImage").put("run(session.host.absolute(request.image))"),
    "grow that was killed leaves its device": at("make.grow").call("attachingIdle").unwrap(3),
    "generation 9 has a next device": at("make.nextDevice").call("nextDevice").nth(0).drop()
  }),
  ...inFile("exchangeFiles.ts", {
    "the last cluster of an image ends with bytes of another one": at("readCluster").call("fill").drop(),
    "an image without data is not marked as empty": at("pack").value("flags").put("0")
  }),
  ...inFile("operations/observedImages.ts", {
    "a raw disk has a part of a sector": at("sizeOf").binary("-").unwrap(0)
  }),
  ...inFile("operations/devicePrerequisites.ts", {
    "this process must be able to write where a tool of another user does": at("lacking").binary("&&").unwrap(1)
  }),
  ...inFile("volumeLinks.ts", {
    "a child with two links is two children": at("childrenOf").construct("Set").put("children")
  }),
  ...inFile("operations/ownFileSystem.ts", {
    "debugfs is believed": at("makeBalloon").ternary().always()
  }),
  ...inFile("outcome.ts", {
    "a line of any length is in an error": at("unexpected").ternary().never()
  }),
  ...inFile("statistics.ts", {
    "a file system has more free blocks than it has": at("make").binary(">").nth(1).put("false")
  }),
  ...inFile("kernel.ts", {
    "a device mapper that could not be asked responds": at("respondsTo").value("onFailure").put("() => true")
  }),
  ...inFile("qemuImg.ts", {
    "the backing file that an image names is read": at("fromQcow2").property("backing").drop()
  }),
  ...inFile("operations/snapshotSizes.ts", {
    "a missing image is an input and output error": at("sizeOf").ternary().never()
  }),
  ...inFile("operations/tracking.ts", {
    "a file that becomes smaller is less than nothing of the work": at("following").ternary().unwrap(0)
  }),
  ...inAnyFile({ package: "backend-cli", file: "Environment.ts" }, {
    "a password comes into a message": at("complaint").value("onSome").put("(value) => value")
  }),
  ...inFile("operations/mergeable.ts", {
    "the top delta of a device that takes no writes is merged": at("requireDevicesMergeable.isReadOnly").put("false")
  }),
  ...inFile("operations/attachable.ts", {
    "an old image above a snapshot keeps that from being mounted": at("requireAttachable").call("chain").part(1).put(
      "SnapshotId.top"
    )
  }),
  ...inAnyFile({ package: "backend-cli", file: "PloopCli.ts" }, {
    "qemu-img runs behind the prefix of the tool": at("make.qemu").property("prefix").drop()
  }),
  ...inFile("tapedFiles.ts", {
    "a tape forgets how many names a file has": at("found").ternary().nth(1).always(),
    "a path with a space is cut on a tape": at("resolved").literal("/^((?:\\d+ ){5})([^]*)$/").put(
      "/^((?:\\d+ ){5})(\\S*)$/"
    ),
    "a tape without nodes does not know those that were found": at("replay").value("hasNode").call("orElse").drop(),
    "a file that could not be read is missing in a replay": at("orNone").binary("&&").unwrap(0),
    "a directory of the kernel without names has an empty one": at("kernelNames").ternary().unwrap(1)
  }),
  ...inFile("recording/requests.ts", {
    "two openings of a file share their reads": at("opener").call("opened").part(1).put("path"),
    "a read at the end of a file is recorded with all of its buffer": at("opened").call("slice").put("buffer.slice()"),
    "the other mounts of the host are recorded": at("mountsOfPloop").call("filter").put("lines.split(\"\\n\")")
  }),
  ...inFile("recording/values.ts", {
    "a failure loses its code": at("encodeError").value("code").put("undefined")
  }),
  ...inFile("recording/runs.ts", {
    "an output that is kept whole is called truncated": at("Recording.add").binary(">").nth(0).put(
      "piece.length >= this.left"
    ),
    "an argument that ends like the program may have another directory": at("sameArguments").binary("&&").nth(-1)
      .unwrap(1)
  }),
  ...inAnyFile({ package: "backend-cli", file: "Recording.ts" }, {
    "a mismatch is the last one": at("replay").value("mismatch").put(
      "Effect.sync(() => Option.fromNullable(mismatches.at(-1)))"
    ),
    "the names in an error output stay": at("record.appendRun").value("stderr").put("run.stderr")
  }),
  ...inAnyFile({ package: "backend-cli", file: "Tape.ts" }, {
    "a tape overwrites the one before it": at("record").value("flag").put("\"w\""),
    "a tape that is full makes the operation fail": at("record.append").call("catchAll").put("Effect.orDie")
  }),
  ...inFile("process/nodeSockets.ts", {
    "a process does not get the environment that is wanted": at("spawn").value("env").put("process.env"),
    "only the process gets a signal, and not its children": at("killer").call("kill").part(0).put("handle.pid!"),
    "a directory is left for each socket": at("ends").call("rm").put("undefined"),
    "this process keeps the end of the other one": at("spawn").call("destroy").put("undefined")
  }),
  ...inFile("operations/volumes.ts", {
    "a tree has one volume more than may be": at("treeOf").binary(">=").put("depth > DiskVolume.longestChain"),
    "a chain has one volume more than may be": at("ancestors").binary(">=").put(
      "all.length + 1 > DiskVolume.longestChain"
    )
  }),
  ...inFile("prerequisites.ts", {
    "a crypt helper is enough": at("cryptHelper").literal("unknown").put("\"present\""),
    "without a tool, what the kernel lacks is missing": at("prerequisites").literal("unknown").put("\"missing\"")
  }),
  ...inFile("mountNamespaces.ts", {
    "one namespace without a ploop device hides those of all others": at("foreignMounts").call("every").put(
      "others.some(({ text }) => !text.includes(\"ploop\"))"
    )
  }),
  ...inFile("superblock.ts", {
    "a superblock that is cut short is read": at("isXfs").binary("&&").unwrap(1)
  }),
  ...inFile("statfsCache.ts", {
    "a longer file is taken for one with numbers": at("read").binary("!==").put("bytes.byteLength < length")
      .isEquivalent("a longer file is refused before, because no more is read of it")
  }),
  ...inFile("changeMap.ts", {
    "a map that is dropped leaves its clusters": at("drop").call("truncate").put("undefined")
  }),
  ...inFile("operations/beside.ts", {
    "the program beside is looked for in the first directory": at("programBeside").call("lastIndexOf").put(
      "tool.indexOf(\"/\")"
    )
  })
]
