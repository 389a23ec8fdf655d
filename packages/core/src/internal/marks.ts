/** "v2.1": closed by software that knows extensions. Generations 7 and 9 take it for no in-use flag. */
export const closedWithExtension = 0x31_2e_32_76
