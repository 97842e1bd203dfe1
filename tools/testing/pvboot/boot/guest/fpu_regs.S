/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void load_SET(const void *vectors), void store_SET(void *vectors)
 *
 * All vector registers from and to an array of 32 bytes each.
 */
	.text

#ifdef __x86_64__
#define AREA		%rdi
#define GET_AREA
#define EACH		0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
#else
#define AREA		%eax
#define GET_AREA	mov 4(%esp), %eax
#define EACH		0,1,2,3,4,5,6,7
#endif

	.globl	load_sse
load_sse:
	GET_AREA
	.irp	n, EACH
	movups	32 * \n(AREA), %xmm\n
	.endr
	ret

	.globl	store_sse
store_sse:
	GET_AREA
	.irp	n, EACH
	movups	%xmm\n, 32 * \n(AREA)
	.endr
	ret

	.globl	load_avx
load_avx:
	GET_AREA
	.irp	n, EACH
	vmovups	32 * \n(AREA), %ymm\n
	.endr
	ret

	.globl	store_avx
store_avx:
	GET_AREA
	.irp	n, EACH
	vmovups	%ymm\n, 32 * \n(AREA)
	.endr
	ret

	.section .note.GNU-stack, "", @progbits
