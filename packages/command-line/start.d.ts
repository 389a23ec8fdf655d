/** Runs `dist/NAME.js` of the package whose `bin` has the module of this URL, or its sources in a repository. */
export const start: (moduleUrl: string, name: string) => Promise<void>
