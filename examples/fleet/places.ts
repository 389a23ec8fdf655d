/** What the processes of the demo have in common. */

/** The hosts. */
export const names = ["node-1", "node-2", "node-3"] as const

/** The disk that is moved. */
export const disk = "/vz/101/DiskDescriptor.xml"

/** Where a host is served. */
export const socketOf = (directory: string, name: string): string => `${directory}/${name}.sock`

/** The storage of the fleet. */
export const storageIn = (directory: string): string => `${directory}/fleet.db`
