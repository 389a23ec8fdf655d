import { Ended } from "@effect-ploop/command-line/Ended"

/** The fleet has refused what was asked, or a workflow has failed. */
export const notDone = (message: string): Ended => new Ended({ code: 1, message })
