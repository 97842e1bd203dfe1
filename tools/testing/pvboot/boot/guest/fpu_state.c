// SPDX-License-Identifier: GPL-2.0
/*
 * Load, store and compare what the FPU, SSE and AVX registers hold.
 */
#include <stdio.h>
#include <string.h>

#include "fpu_state.h"

void make_fpu_pattern(struct fpu_state *state, unsigned int seed, bool avx)
{
	unsigned int i, j;

	memset(state, 0, sizeof(*state));
	for (i = 0; i < VECTORS; i++)
		for (j = 0; j < (avx ? 32 : 16); j++)
			state->vector[i][j] = (unsigned char)(seed * 31 +
							      i * 17 + j);
	for (i = 0; i < X87_REGS; i++)
		state->x87[i] = 1.5 * (seed + i) + 0.25;
	state->mxcsr = 0x1f80 | (seed & 3) << 13;
	state->control = (u16)(0x37f | (seed & 3) << 10);
}

void load_fpu_state(const struct fpu_state *state, bool avx)
{
	asm volatile("fninit\n\t"
		     "fldcw %0\n\t"
		     "ldmxcsr %1\n\t"
		     "fldl %2\n\t"
		     "fldl %3" :: "m" (state->control), "m" (state->mxcsr),
		     "m" (state->x87[0]), "m" (state->x87[1]));
	if (avx)
		load_avx(state->vector);
	else
		load_sse(state->vector);
}

void store_fpu_state(struct fpu_state *state, bool avx)
{
	if (avx)
		store_avx(state->vector);
	else
		store_sse(state->vector);
	asm volatile("fstpl %3\n\t"
		     "fstpl %2\n\t"
		     "fnstcw %0\n\t"
		     "stmxcsr %1\n\t"
		     "fninit" : "=m" (state->control), "=m" (state->mxcsr),
		     "=m" (state->x87[0]), "=m" (state->x87[1]));
}

/**
 * fpu_difference() - compare what was loaded with what was found
 * @want:	as it was loaded
 * @got:	as it was stored afterwards
 *
 * Return: the first thing that differs, in words, until the next call; NULL
 * where nothing does.
 */
const char *fpu_difference(const struct fpu_state *want,
			   const struct fpu_state *got)
{
	const u32 sticky = 0x3f;
	static char text[80];
	unsigned int i;

	for (i = 0; i < X87_REGS; i++) {
		if (want->x87[i] == got->x87[i])
			continue;
		snprintf(text, sizeof(text), "st(%u) changed",
			 X87_REGS - 1 - i);
		return text;
	}
	if (want->control != got->control ||
	    (want->mxcsr & ~sticky) != (got->mxcsr & ~sticky)) {
		snprintf(text, sizeof(text),
			 "control words %#x %#x instead of %#x %#x",
			 got->control, got->mxcsr, want->control, want->mxcsr);
		return text;
	}
	for (i = 0; i < VECTORS; i++) {
		if (!memcmp(want->vector[i], got->vector[i], 32))
			continue;
		snprintf(text, sizeof(text), "vector register %u changed", i);
		return text;
	}
	return NULL;
}
