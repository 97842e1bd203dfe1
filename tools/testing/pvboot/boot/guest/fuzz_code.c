// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions: all that raise an exception, or that the kernel emulates, or
 * that Xen does.
 */
#include <sys/mman.h>

#include "fuzz.h"

unsigned char *code_page;

/**
 * map_code_page() - get the page for instructions, and leave a hole behind it
 *
 * Return: 0, or -1 where there is no memory.
 */
int map_code_page(void)
{
	code_page = mmap(NULL, 2 * CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code_page == MAP_FAILED)
		return -1;
	return munmap(code_page + CODE_SIZE, CODE_SIZE);
}

static const struct {
	unsigned char length;
	unsigned char bytes[8];
} instructions[] = {
	{ 1, { 0xcc } },			/* int3 */
	{ 1, { 0xf1 } },			/* int1 */
	{ 1, { 0xce } },			/* into */
	{ 2, { 0x0f, 0x0b } },			/* ud2 */
	{ 1, { 0xf4 } },			/* hlt */
	{ 1, { 0xfa } },			/* cli */
	{ 1, { 0xfb } },			/* sti */
	{ 2, { 0xcd, 0x80 } },			/* int $0x80 */
	{ 2, { 0xcd, 0x82 } },			/* int $0x82 */
	{ 2, { 0xcd, 0x03 } },			/* int $3 */
	{ 2, { 0xcd, 0x04 } },			/* int $4 */
	{ 2, { 0xcd, 0x02 } },			/* int $2 */
	{ 2, { 0x0f, 0x05 } },			/* syscall */
	{ 2, { 0x0f, 0x34 } },			/* sysenter */
	{ 2, { 0x0f, 0x07 } },			/* sysret */
	{ 2, { 0x0f, 0x35 } },			/* sysexit */
	{ 1, { 0xcb } },			/* lret */
	{ 2, { 0x48, 0xcb } },			/* lretq */
	{ 3, { 0x0f, 0x01, 0xf8 } },		/* swapgs */
	{ 3, { 0x0f, 0x01, 0xc1 } },		/* vmcall */
	{ 3, { 0x0f, 0x01, 0xd9 } },		/* vmmcall */
	{ 3, { 0x0f, 0x01, 0xd0 } },		/* xgetbv */
	{ 3, { 0x0f, 0x01, 0xd1 } },		/* xsetbv */
	{ 3, { 0x0f, 0x01, 0xca } },		/* clac */
	{ 3, { 0x0f, 0x01, 0xcb } },		/* stac */
	{ 3, { 0x0f, 0x01, 0x00 } },		/* sgdt (%rax) */
	{ 3, { 0x0f, 0x01, 0x08 } },		/* sidt (%rax) */
	{ 3, { 0x0f, 0x01, 0x10 } },		/* lgdt (%rax) */
	{ 3, { 0x0f, 0x01, 0x20 } },		/* smsw (%rax) */
	{ 3, { 0x0f, 0x00, 0xc8 } },		/* str %eax */
	{ 3, { 0x0f, 0x00, 0xc0 } },		/* sldt %eax */
	{ 2, { 0x0f, 0x06 } },			/* clts */
	{ 2, { 0x0f, 0x08 } },			/* invd */
	{ 2, { 0x0f, 0x30 } },			/* wrmsr */
	{ 2, { 0x0f, 0x32 } },			/* rdmsr */
	{ 2, { 0x0f, 0x33 } },			/* rdpmc */
	{ 2, { 0x0f, 0x31 } },			/* rdtsc */
	{ 2, { 0x0f, 0xa2 } },			/* cpuid */
	{ 3, { 0x0f, 0x20, 0xc0 } },		/* mov %cr0, %eax */
	{ 3, { 0x0f, 0x22, 0xd8 } },		/* mov %eax, %cr3 */
	{ 3, { 0x0f, 0x23, 0xf8 } },		/* mov %eax, %dr7 */
	{ 1, { 0x9d } },			/* popf */
	{ 2, { 0x8e, 0xd0 } },			/* mov %eax, %ss */
	{ 2, { 0x8e, 0xd8 } },			/* mov %eax, %ds */
	{ 2, { 0x8e, 0xc0 } },			/* mov %eax, %es */
	{ 2, { 0x8e, 0xe0 } },			/* mov %eax, %fs */
	{ 2, { 0x8e, 0xe8 } },			/* mov %eax, %gs */
	{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd0 } },	/* wrfsbase %rax */
	{ 5, { 0xf3, 0x48, 0x0f, 0xae, 0xd8 } },	/* wrgsbase %rax */
	{ 3, { 0x0f, 0xc7, 0xf8 } },		/* rdseed %eax */
	{ 1, { 0xec } },			/* in %dx, %al */
	{ 1, { 0xef } },			/* out %eax, %dx */
	{ 2, { 0xf3, 0x6c } },			/* rep insb */
	{ 2, { 0xf0, 0xf0 } },			/* lock twice */
	{ 2, { 0xff, 0x28 } },			/* ljmp *(%rax) */
	{ 2, { 0xff, 0x18 } },			/* lcall *(%rax) */
	{ 7, { 0xea, 0, 0, 0, 0, USER32_CS, 0 } },	/* ljmp, 32-bit only */
	{ 7, { 0xea, 0, 0, 0, 0, USER64_CS, 0 } },
	{ 2, { 0xd9, 0xd0 } },			/* fnop */
	{ 2, { 0x0f, 0x77 } },			/* emms */
	{ 1, { 0x9b } },			/* fwait */
	{ 3, { 0x0f, 0xae, 0x10 } },		/* ldmxcsr (%rax) */
	{ 3, { 0x0f, 0xae, 0x28 } },		/* xrstor (%rax) */
};

/*
 * Not iret: QEMU 10.0.2 takes VM from the flags that 32-bit code pops by it,
 * whatever the privilege, and is in virtual 8086 mode within long mode.  Xen
 * finds a frame whose cs is 0 then, takes it for one of its own, and dies.
 */
#define IRET		0xcf

/*
 * Nor a REX prefix with R: before a MOV to a segment register the CPU ignores
 * it, and QEMU 10.0.2 takes registers 8 to 15, which are what lies behind the
 * segments in its state.  The GDT is 8 and the IDT is 9: of selector 0 this is
 * the end of the machine: seen without Xen.
 */
#define REX_R(byte)	(((byte) & 0xf4) == 0x44)

static unsigned char any_byte(void)
{
	unsigned char byte = (unsigned char)next();

	return byte == IRET || REX_R(byte) ? 0xcc : byte;
}

/*
 * Nor, for the same reason, a MOV to CS, or to segment register 6 or 7, all undefined:
 * 7 is TR, and the next exception is the end of QEMU; with 0 in CS Xen takes the next
 * frame for one of its own.  It may come of what was written at different times.
 */
#define MOV_TO_SEG	0x8e
#define SEGMENT(modrm)		((modrm) >> 3 & 7)
#define IS_UNDEFINED(modrm)	(SEGMENT(modrm) == 1 || SEGMENT(modrm) >= 6)

static void leave_out_moves(void)
{
	unsigned int i;

	for (i = 0; i < CODE_SIZE - 1; i++)
		if (code_page[i] == MOV_TO_SEG && IS_UNDEFINED(code_page[i + 1]))
			code_page[i] = 0xcc;
}

/* One instruction of the list, or a vector of one's choice, or any bytes. */
static unsigned long some_code(void)
{
	unsigned int at = below(2) ? below(4080) : CODE_SIZE - 1 - below(4);
	unsigned char *p = code_page + at;
	unsigned int i, which, length;

	switch (below(8)) {
	case 0:
		for (i = 0; i < 15 && at + i < CODE_SIZE; i++)
			p[i] = any_byte();
		break;
	case 1:
		p[0] = 0xcd;
		if (at + 1 < CODE_SIZE)
			p[1] = any_byte();
		break;
	default:
		which = below(ARRAY_SIZE(instructions));
		length = instructions[which].length;
		for (i = 0; i < length && at + i < CODE_SIZE; i++)
			p[i] = instructions[which].bytes[i];
		for (; i < 15 && at + i < CODE_SIZE; i++)
			p[i] = 0xcc;
	}
	leave_out_moves();
	return (unsigned long)p;
}

unsigned long instruction_pointer(void)
{
	return below(3) ? some_code() : address();
}
