/** A number of things in words: `1 disk`, `2 disks`. */
export const countOf = (count: number, name: string): string => count === 1 ? `1 ${name}` : `${count} ${name}s`
