// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers, and random values of the kinds that a frame is made of.
 */
#include <fnmatch.h>
#include <stdio.h>

#include "fuzz.h"

#define SYMBOLS		"/proc/kallsyms"
#define ENTRIES_MAX	512

static u64 rng;

u64 next(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1dull;
}

unsigned int below(unsigned int n)
{
	return (unsigned int)(next() >> 33) % n;
}

void seed_for(unsigned int cpu, unsigned int round)
{
	rng = shared->seed ^ (u64)(cpu + 1) << 48 ^ (u64)(round + 1) << 8;
	rng = rng ? rng : 1;
	next();
	next();
}

static const unsigned long long edges[] = {
	0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffe000,
	0x7fffffffefff, 0x7fffffffffff, 0x800000000000, 0x8000000000000000,
	0xffff7fffffffffff, 0xffff800000000000, 0xffff804000000000,
	0xffff82d080000000, 0xffff888000000000, 0xffffffff81000000,
	0xffffffff81000fff, 0xffffffff82000000, 0xfffffffffffff000,
	0xffffffffff600000, 0xffffffffffffffff,
};

/* Where the kernel's own ways in and out stand: those may look at addresses. */
static unsigned long entries[ENTRIES_MAX];
unsigned int entry_count;

void find_entries(void)
{
	static const char *const patterns[] = {
		"xen_entry_*", "xen_asm_*", "xen_pv_*", "xen_iret",
		"xen_hypercall_*", "xenpv_*", "entry_SYS*", "asm_exc_*",
	};
	unsigned long where;
	char line[512], name[256];
	unsigned int i;
	FILE *file;

	file = fopen(SYMBOLS, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx %*1[tT] %255s", &where, name) != 2)
			continue;
		for (i = 0; i < ARRAY_SIZE(patterns); i++)
			if (entry_count < ENTRIES_MAX && where &&
			    !fnmatch(patterns[i], name, 0))
				entries[entry_count++] = where;
	}
	if (file)
		fclose(file);
}

unsigned long address(void)
{
	switch (below(entry_count ? 8 : 6)) {
	case 0:
		return edges[below(ARRAY_SIZE(edges))] + below(16) - 8;
	case 1:
		return next();
	case 2:	/* text of the kernel */
		return (unsigned long)(0xffffffff81000000ull +
				       below(0x1000000));
	case 3:	/* what stands in the middle of a page that can be run */
		return (unsigned long)code_page + below(CODE_SIZE);
	case 4:
		return (unsigned long)victim_stack + below(sizeof(victim_stack));
	case 5:
		return below(0x10000);
	default:
		return entries[below(entry_count)] + below(24);
	}
}

/* Linux's, Xen's, empty ones, the local table's, and any. */
unsigned int selector(void)
{
	static const u16 some[] = {
		0, 1, 3, 0x10, 0x18, 0x20, 0x23, 0x28, 0x2b, 0x30, 0x33, 0x38,
		0x40, 0x48, 0x60, 0x63, 0x6b, 0x73, 0x78, 0x7b, 0x80, 0x83,
		0xe008, 0xe010, 0xe019, 0xe021, 0xe023, 0xe02b, 0xe033, 0xe038,
		0xffff, 0xfff8, 0x23, 0x2b, 0x33,
	};

	switch (below(4)) {
	case 0:
		return (unsigned int)next() & 0xffff;
	case 1:
		return below(LDT_ENTRIES_USED) << 3 | 4 | below(4);
	default:
		return some[below(ARRAY_SIZE(some))];
	}
}

unsigned int code_selector(void)
{
	static const u16 usual[] = {
		USER64_CS, USER32_CS, 0xe033, 0xe023, 0xe019, 0x10,
	};

	return below(4) ? usual[below(ARRAY_SIZE(usual))] : selector();
}

/*
 * No small number, by which any system call might be made: the fuzzing of
 * those is not what this is for.
 */
unsigned long call_number(void)
{
	static const u32 harmless[] = {
		20, 39, 0x40000027, 0x7fffffff, 0xffffffff, 0x80000014, 1000,
	};

	return below(3) ? harmless[below(ARRAY_SIZE(harmless))] :
			  (unsigned long)next() | 0x10000;
}
