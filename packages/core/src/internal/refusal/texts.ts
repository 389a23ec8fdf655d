/** Texts of refusals that the tool gives as well. */

export const splitDisk =
  "the disk is split into several pieces (elements Storage), and ploop knows only disks of one piece"
