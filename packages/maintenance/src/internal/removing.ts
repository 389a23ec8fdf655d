/** A private directory in which a file waits for its removal, beside where it was. */
export const removingPrefix = ".ploop-removing-"

/** Whether a removal that was cut short left this directory. */
export const isRemoving = (name: string): boolean => name.startsWith(removingPrefix)
