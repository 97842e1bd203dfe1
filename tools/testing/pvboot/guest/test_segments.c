// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors: what Xen changes in those that it is given, and which selectors
 * can be loaded then.  Nothing of a guest's may have a privilege level below
 * that of its kernel.
 */
#include "guest.h"
#include "table_pages.h"

#define DESC_DATA	0x00cf93000000ffffULL	/* base 0, limit 4 GiB, DPL 0 */
#define DESC_CODE_32	0x00cf9b000000ffffULL
#define DESC_CODE_64	0x00af9b000000ffffULL
#define DESC_CODE	(IS_64BIT ? DESC_CODE_64 : DESC_CODE_32)
#define DESC_TSS	0x0000890000000067ULL
#define DESC_DPL(dpl)	((u64)(dpl) << 45)
#define DESC_PRESENT	(1ULL << 47)

/* In the table that rows load */
#define DATA_ENTRY	4
#define CODE_ENTRY	5
#define SELECTOR(entry, rpl)	((entry) << 3 | (rpl))

#define FIRST_RESERVED_ENTRY	7168

/* A selector whose descriptor is in none of our tables */
#define NO_SUCH_SEGMENT	0x13

#define table	space_a.data

static int update_descriptor(u64 at, u64 descriptor)
{
#ifdef __x86_64__
	return hypercall(__HYPERVISOR_update_descriptor, at, descriptor, 0, 0);
#else
	return hypercall(__HYPERVISOR_update_descriptor, at, at >> 32,
			 descriptor, descriptor >> 32);
#endif
}

static int set_gdt(const void *page, unsigned int entries)
{
	unsigned long frame = page ? mfn_of(page) : 0;

	return hypercall(__HYPERVISOR_set_gdt, (unsigned long)&frame, entries,
			 0, 0);
}

static void expect_descriptor(const char *what, u64 got, u64 wanted)
{
	expect_hex(what, got, wanted);
	expect_hex("its upper half", got >> 32, wanted >> 32);
}

static unsigned int raised(unsigned int level)
{
	return level < KERNEL_RPL ? KERNEL_RPL : level;
}

/* arg[1]: the DPL that is asked for */
static void dpl(const struct row *row)
{
	expect_errno("update_descriptor",
		     update_descriptor(entry_of(table, 8),
				       DESC_DATA | DESC_DPL(row->arg[1])), 0);
	expect_descriptor("the descriptor", table[1],
			  DESC_DATA | DESC_DPL(raised(row->arg[1])));
}

static void not_present(const struct row *row)
{
	expect_errno("update_descriptor",
		     update_descriptor(entry_of(table, 8),
				       DESC_TSS & ~DESC_PRESENT), 0);
	expect_descriptor("the descriptor", table[1],
			  DESC_TSS & ~DESC_PRESENT);
}

static void refused(const struct row *row)
{
	expect_errno("a TSS", update_descriptor(entry_of(table, 8), DESC_TSS),
		     -EINVAL);
	expect_errno("64-bit code", update_descriptor(entry_of(table, 8),
						      DESC_CODE_64),
		     IS_64BIT ? 0 : -EINVAL);
	expect_errno("not aligned", update_descriptor(entry_of(table, 4),
						      DESC_DATA), -EINVAL);
	expect_errno("in a page table",
		     (protect(space_a.bottom), pin(space_a.bottom, 1),
		      update_descriptor(entry_of(space_a.bottom, 8),
					DESC_DATA)), -EINVAL);
}

/* 32-bit: a limit that ends in Xen's part is made to be none. */
static void limit(const struct row *row)
{
	u64 given = 0x00c893000000ffffULL | 7ULL << 48 | DESC_DPL(KERNEL_RPL);

	given = (given & ~(0xfULL << 48)) | 0xfULL << 48;
	given = (given & ~0xffffULL) | 0x6800;
	expect_errno("update_descriptor",
		     update_descriptor(entry_of(table, 8), given), 0);
	expect_descriptor("the descriptor", table[1],
			  IS_64BIT ? given : given | 0xffff);
}

static bool gdt_loaded(void)
{
	table[DATA_ENTRY] = DESC_DATA;
	table[CODE_ENTRY] = DESC_CODE;
	if (!protect(table) && !set_gdt(table, ENTRIES))
		return true;
	broken("the GDT cannot be loaded");
	return false;
}

/* In the page that is given, where the guest can see it */
static void gdt_dpl(const struct row *row)
{
	if (!gdt_loaded())
		return;
	expect_descriptor("data", table[DATA_ENTRY],
			  DESC_DATA | DESC_DPL(KERNEL_RPL));
	expect_descriptor("code", table[CODE_ENTRY],
			  DESC_CODE | DESC_DPL(KERNEL_RPL));
	expect_errno("writable", unprotect(table), -EBUSY);
	expect_errno("update_descriptor",
		     update_descriptor(entry_of(table, 8), DESC_DATA), 0);
	expect_descriptor("what was written", table[1],
			  DESC_DATA | DESC_DPL(KERNEL_RPL));
	expect_errno("no GDT", set_gdt(NULL, 0), 0);
}

static void gdt_refused(const struct row *row)
{
	expect_errno("a writable page", set_gdt(table, ENTRIES), -EINVAL);
	expect_errno("too many", set_gdt(table, FIRST_RESERVED_ENTRY + 1),
		     -EINVAL);
	table[0] = DESC_TSS;
	expect_errno("protect", protect(table), 0);
	expect_errno("a TSS", set_gdt(table, ENTRIES), -EINVAL);
}

static unsigned long loaded_cs;

#ifdef __x86_64__
#define FAR_RETURN	"lretq"
#else
#define FAR_RETURN	"lret"
#endif

static void load_cs(unsigned long selector)
{
	unsigned long own;

	asm volatile("mov	%%cs, %0\n\t"
		     "push	%2\n\t"
		     "push	$1f\n\t"
		     FAR_RETURN "\n"
		     "1:	mov	%%cs, %1\n\t"
		     "push	%0\n\t"
		     "push	$2f\n\t"
		     FAR_RETURN "\n"
		     "2:"
		     : "=&r" (own), "=&r" (loaded_cs)
		     : "r" (selector)
		     : "memory");
}

static void load_ss(unsigned long selector)
{
	unsigned long own;

	asm volatile("mov	%%ss, %0\n\t"
		     "mov	%1, %%ss\n\t"
		     "mov	%0, %%ss"
		     : "=&r" (own) : "r" (selector) : "memory");
}

static void load_ds(unsigned long selector)
{
	unsigned long own;

	asm volatile("mov	%%ds, %0\n\t"
		     "mov	%1, %%ds\n\t"
		     "mov	%0, %%ds"
		     : "=&r" (own) : "r" (selector) : "memory");
}

static void expect_load(const char *what, void (*load)(unsigned long),
			unsigned int selector, bool loads)
{
	struct seen seen;
	bool trapped = traps(&seen, load, selector);

	expect(what, trapped, !loads);
	if (loads || !trapped)
		return;
	expect_hex("entry", seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, selector & ~3U);
}

/* cs and ss only with the kernel's own RPL, data segments with less, too. */
static void selectors(const struct row *row)
{
	unsigned int rpl;

	if (!gdt_loaded())
		return;
	for (rpl = 0; rpl < 4; rpl++) {
		expect_load("ss", load_ss, SELECTOR(DATA_ENTRY, rpl),
			    rpl == KERNEL_RPL);
		expect_load("ds", load_ds, SELECTOR(DATA_ENTRY, rpl),
			    rpl <= KERNEL_RPL);
	}
	expect_load("cs with RPL 0", load_cs, SELECTOR(CODE_ENTRY, 0), false);
	expect_load("cs", load_cs, SELECTOR(CODE_ENTRY, KERNEL_RPL), true);
	expect_hex("what was loaded", loaded_cs,
		   SELECTOR(CODE_ENTRY, KERNEL_RPL));
	expect_errno("no GDT", set_gdt(NULL, 0), 0);
}

/* Hypercall iret with a stack selector that cannot be loaded */
static void bad_iret(const struct row *row)
{
	struct user_start start;
	struct seen seen;

	user_start_at(&start, do_ud, 0);
	start.ss = NO_SUCH_SEGMENT;
	traps_in_user_with(&seen, &start);
	expect_hex("entry", seen.regs.entry, 13);
	expect_hex("error code", seen.regs.error_code, NO_SUCH_SEGMENT & ~3);
	expect_hex("ip", seen.regs.ip, (unsigned long)do_ud);
	expect_hex("ss in the frame", seen.regs.ss, NO_SUCH_SEGMENT);
}

static const struct row rows[] = {
	ON_PAGES("descriptor.dpl_0", dpl, 0),
	ON_PAGES("descriptor.dpl_1", dpl, 1),
	ON_PAGES("descriptor.dpl_2", dpl, 2),
	ON_PAGES("descriptor.dpl_3", dpl, 3),
	ON_PAGES("descriptor.not_present", not_present),
	ON_PAGES("descriptor.refused", refused),
	ON_PAGES("descriptor.limit_in_xens_part", limit),
	ON_PAGES("gdt.dpl", gdt_dpl),
	ON_PAGES("gdt.refused", gdt_refused),
	ON_PAGES("gdt.selectors", selectors),
	{ "iret.bad_ss", bad_iret },
};

const struct suite suite_segments = { "segments", rows, ARRAY_SIZE(rows) };
