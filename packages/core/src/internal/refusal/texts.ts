/** Texts of refusals that the tool gives as well. */

export const splitDisk =
  "the disk is split into several pieces (elements Storage), and ploop knows only disks of one piece"

export const mergePieces =
  "Merge the pieces first with the software that made the disk, as `prl_disk_tool convert --merge` of Virtuozzo does. " +
  "Do not write a new descriptor for one of the images: it would hold a part of the disk only."
