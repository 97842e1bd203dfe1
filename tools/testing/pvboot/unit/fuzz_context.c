// SPDX-License-Identifier: GPL-2.0
/*
 * xen_pv_vcpu_context_check() takes what Xen takes, and refuses what Xen
 * refuses for the same field.  What the context cannot show is always right
 * here.
 *
 * The input spoils a good context: a list of where (2 bytes, a field or an
 * offset), how (1 byte) and what (8 bytes).
 */
#include <stdio.h>
#include <stdlib.h>

#include "good_context.h"

#define STEP	11

static struct vcpu_guest_context ctxt;

/* Each is as long as a long. */
static const u16 fields[] = {
	offsetof(struct vcpu_guest_context, flags),
	offsetof(struct vcpu_guest_context, user_regs.eip),
	offsetof(struct vcpu_guest_context, user_regs.esp),
	offsetof(struct vcpu_guest_context, kernel_sp),
	offsetof(struct vcpu_guest_context, ldt_base),
	offsetof(struct vcpu_guest_context, ldt_ents),
	offsetof(struct vcpu_guest_context, gdt_ents),
	offsetof(struct vcpu_guest_context, ctrlreg[1]),
	offsetof(struct vcpu_guest_context, event_callback_eip),
	offsetof(struct vcpu_guest_context, failsafe_callback_eip),
	offsetof(struct vcpu_guest_context, trap_ctxt[0].address),
	offsetof(struct vcpu_guest_context, trap_ctxt[255].address),
#ifdef __x86_64__
	offsetof(struct vcpu_guest_context, syscall_callback_eip),
	offsetof(struct vcpu_guest_context, fs_base),
	offsetof(struct vcpu_guest_context, gs_base_kernel),
	offsetof(struct vcpu_guest_context, gs_base_user),
#endif
};

/* The edges, and what lies beside them. */
static u64 value_of(u8 how, u64 what)
{
	static const u64 edges[] = {
		0, 1, 4096, 7168, 8192, 1ULL << 32, 0x0000800000000000ULL,
		0xffff800000000000ULL, 0xffff880000000000ULL,
		0xfffffffffffff000ULL,
	};

	if (how & 0x80)
		return what;
	return edges[(how & 0x7f) % ARRAY_SIZE(edges)] + (s64)(int8_t)what;
}

static void spoil(const uint8_t *step)
{
	u16 where = step[0] | step[1] << 8;
	unsigned char *at = (unsigned char *)&ctxt;
	u64 what;

	memcpy(&what, step + 3, sizeof(what));
	what = value_of(step[2], what);
	if (where & 0x8000) {
		where = (where & 0x7fff) % (sizeof(ctxt) - sizeof(what));
		memcpy(at + where, &what, sizeof(what));
		return;
	}
	where %= ARRAY_SIZE(fields);
	memcpy(at + fields[where], &what, sizeof(long));
}

static void compare(void)
{
	const char *field = NULL;
	int said = xen_pv_vcpu_context_check(&ctxt, &field);
	int rc = HYPERVISOR_vcpu_op(VCPUOP_initialise, 1, &ctxt);
	const char *refused = fake_xen.rejected;

	if (said == rc && !field == !refused &&
	    (!field || !strcmp(field, refused)))
		return;
	fprintf(stderr, "the check says %d for %s, Xen %d for %s\n", said,
		field ? field : "nothing", rc, refused ? refused : "nothing");
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct trap_info no_traps[FAKE_TRAPS];

	fake_reset();
	fake_xen.any_frame = true;
	if (xen_pv_vcpu_context_build(&ctxt, &good_start, no_traps))
		abort();
	for (; size >= STEP; size -= STEP, data += STEP)
		spoil(data);
	compare();
	return 0;
}
