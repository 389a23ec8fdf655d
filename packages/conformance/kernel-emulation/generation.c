#include "generation.h"
#include <stdlib.h>

int generation(void)
{
	const char *text = getenv("PLOOP_EMULATION_GENERATION");

	return text && *text ? atoi(text) : 1;
}
