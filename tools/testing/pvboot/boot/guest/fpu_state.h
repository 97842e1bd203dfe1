/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FPU, SSE and AVX registers with contents of one's choice.
 */
#ifndef GUEST_FPU_STATE_H
#define GUEST_FPU_STATE_H

#include "guest_test.h"

#ifdef __x86_64__
#define VECTORS		16
#else
#define VECTORS		8
#endif
#define X87_REGS	2

/**
 * struct fpu_state - what is loaded before a disturbance, and found after it
 * @vector:	xmm or ymm registers
 * @x87:	the registers of the stack that are in use, the top last
 * @mxcsr:	SSE control
 * @control:	x87 control
 */
struct fpu_state {
	unsigned char vector[VECTORS][32];
	double x87[X87_REGS];
	u32 mxcsr;
	u16 control;
};

/* fpu_regs.S */
void load_sse(const void *vectors);
void store_sse(void *vectors);
void load_avx(const void *vectors);
void store_avx(void *vectors);

/* fpu_state.c */
void make_fpu_pattern(struct fpu_state *state, unsigned int seed, bool avx);
void load_fpu_state(const struct fpu_state *state, bool avx);
void store_fpu_state(struct fpu_state *state, bool avx);
const char *fpu_difference(const struct fpu_state *want,
			   const struct fpu_state *got);

#endif /* GUEST_FPU_STATE_H */
