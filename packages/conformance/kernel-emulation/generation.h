/* Which generation of the tool the kernel is for: 1 (as of Debian's 1.15), 7 or 9. */
#ifndef GENERATION_H
#define GENERATION_H

int generation(void);

#endif
