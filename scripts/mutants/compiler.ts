/** Whether the compiler takes a mutant: one that it refuses needs no test. */
import { join } from "node:path"
import ts from "typescript"

/** A language service over the sources of a package, of which single files can have another text. */
const service = (root: string, project: string) => {
  const config = ts.getParsedCommandLineOfConfigFile(project, { composite: false, incremental: false, noEmit: true }, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {}
  })
  const texts = new Map<string, { readonly version: number; readonly text: string | undefined }>()
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => config?.options ?? {},
    getScriptFileNames: () => config?.fileNames ?? [],
    getScriptVersion: (file) => `${texts.get(file)?.version ?? 0}`,
    getScriptSnapshot: (file) => {
      const text = texts.get(file)?.text ?? ts.sys.readFile(file)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories
  }
  const services = ts.createLanguageService(host)
  const set = (file: string, text: string | undefined) =>
    texts.set(file, { version: (texts.get(file)?.version ?? 0) + 1, text })
  return (file: string, text: string): boolean => {
    set(file, text)
    const errors = services.getSemanticDiagnostics(file)
      .filter(({ category }) => category === ts.DiagnosticCategory.Error)
    set(file, undefined)
    return errors.length === 0
  }
}

/** One service a package, made when it is needed. */
export const make = (root: string) => {
  const services = new Map<string, (file: string, text: string) => boolean>()
  return (name: string, file: string, text: string): boolean => {
    const takes = services.get(name) ?? service(root, join(root, "packages", name, "tsconfig.src.json"))
    services.set(name, takes)
    return takes(file, text)
  }
}
