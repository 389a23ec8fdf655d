/** A number of disks in words: `1 disk`, `2 disks`. */
export const countOfDisks = (count: number): string => count === 1 ? "1 disk" : `${count} disks`
