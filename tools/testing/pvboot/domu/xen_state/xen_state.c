// SPDX-License-Identifier: GPL-2.0
/*
 * What Xen holds of a PV domU's start of day, seen from dom0: the callbacks,
 * the trap table and the flags of each vCPU.
 *
 *   xen_state show DOMID     a line a vCPU; two lines are alike where Xen
 *                            holds the same.  A 32-bit domain's callbacks have
 *                            their selectors before them
 *   xen_state forget DOMID   take callbacks and traps of vCPU 0 away, as if
 *                            the toolstack had not brought them along.  The
 *                            domain must be paused
 *
 * ABI: domctl's getvcpucontext, setvcpucontext and their ext_ forms, and
 * get_address_size, in the version of the headers that this is compiled with.  The
 * context is of the domain's width.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/foreign/x86_32.h>

#define TRAPS	256

/* FNV-1a, to tell tables apart in a word */
#define FNV_BASIS	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

static xencall_handle *xen;
static struct xen_domctl *domctl;
static bool is_32;
static union {
	struct vcpu_guest_context wide;
	struct vcpu_guest_context_x86_32 narrow;
} *ctxt;

static int die(const char *what)
{
	fprintf(stderr, "xen_state: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int call(unsigned int domid, unsigned int cmd)
{
	domctl->cmd = cmd;
	domctl->domain = domid;
	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	return xencall1(xen, __HYPERVISOR_domctl, (uintptr_t)domctl);
}

static int context(unsigned int domid, unsigned int vcpu, unsigned int cmd)
{
	memset(domctl, 0, sizeof(*domctl));
	domctl->u.vcpucontext.vcpu = vcpu;
	set_xen_guest_handle(domctl->u.vcpucontext.ctxt, &ctxt->wide);
	return call(domid, cmd);
}

static void get_width(unsigned int domid)
{
	memset(domctl, 0, sizeof(*domctl));
	if (call(domid, XEN_DOMCTL_get_address_size))
		die("get_address_size");
	is_32 = domctl->u.address_size.size == 32;
}

static struct xen_domctl_ext_vcpucontext *get_ext(unsigned int domid,
						  unsigned int vcpu)
{
	memset(domctl, 0, sizeof(*domctl));
	domctl->u.ext_vcpucontext.vcpu = vcpu;
	if (call(domid, XEN_DOMCTL_get_ext_vcpucontext))
		die("get_ext_vcpucontext");
	return &domctl->u.ext_vcpucontext;
}

static uint64_t fold(uint64_t sum, uint64_t word)
{
	unsigned int i;

	for (i = 0; i < 64; i += 8)
		sum = (sum ^ (word >> i & 0xff)) * FNV_PRIME;
	return sum;
}

static struct trap_info trap_of(unsigned int vector)
{
	const struct trap_info_x86_32 *narrow = &ctxt->narrow.trap_ctxt[vector];

	if (!is_32)
		return ctxt->wide.trap_ctxt[vector];
	return (struct trap_info) {
		.vector = narrow->vector, .flags = narrow->flags,
		.cs = narrow->cs, .address = narrow->address,
	};
}

static void show_traps(void)
{
	uint64_t sum = FNV_BASIS;
	unsigned int i, count = 0;

	for (i = 0; i < TRAPS; i++) {
		const struct trap_info trap = trap_of(i);

		/* Xen gives no number to an entry that is not set. */
		count += !!trap.address;
		sum = fold(sum, trap.address);
		if (trap.address)
			sum = fold(sum, trap.flags | trap.cs << 8);
	}
	printf(" traps=%u sum=%016" PRIx64, count, sum);
}

static void show_callbacks(void)
{
	const struct vcpu_guest_context *wide = &ctxt->wide;
	const struct vcpu_guest_context_x86_32 *narrow = &ctxt->narrow;

	if (is_32)
		printf(" event=%x:%x failsafe=%x:%x",
		       narrow->event_callback_cs, narrow->event_callback_eip,
		       narrow->failsafe_callback_cs, narrow->failsafe_callback_eip);
	else
		printf(" event=%lx failsafe=%lx syscall=%lx",
		       wide->event_callback_eip, wide->failsafe_callback_eip,
		       wide->syscall_callback_eip);
}

static void show_flags(void)
{
	unsigned long flags = is_32 ? ctxt->narrow.flags : ctxt->wide.flags;

	printf(" masks=%s%s",
	       flags & VGCF_failsafe_disables_events ? "failsafe," : "",
	       flags & VGCF_syscall_disables_events ? "syscall," : "");
}

static void show_compat(unsigned int domid, unsigned int vcpu)
{
	const struct xen_domctl_ext_vcpucontext *ext = get_ext(domid, vcpu);

	printf("%s%s syscall32=%" PRIx64 " sysenter=%" PRIx64,
	       ext->syscall32_disables_events ? "syscall32," : "",
	       ext->sysenter_disables_events ? "sysenter," : "",
	       (uint64_t)ext->syscall32_callback_eip,
	       (uint64_t)ext->sysenter_callback_eip);
}

/* Returns 0 where the domain has no such vCPU. */
static int show(unsigned int domid, unsigned int vcpu)
{
	if (context(domid, vcpu, XEN_DOMCTL_getvcpucontext)) {
		if (errno == EINVAL || errno == ENOENT || errno == ESRCH)
			return 0;
		if (errno != ENODATA)
			die("getvcpucontext");
		printf("vcpu=%u not initialised\n", vcpu);
		return 1;
	}

	printf("vcpu=%u", vcpu);
	show_callbacks();
	show_traps();
	show_flags();
	show_compat(domid, vcpu);
	putchar('\n');
	return 1;
}

static void forget_compat(unsigned int domid)
{
	struct xen_domctl_ext_vcpucontext *ext = get_ext(domid, 0);

	ext->syscall32_callback_eip = 0;
	ext->sysenter_callback_eip = 0;
	ext->syscall32_callback_cs = 0;
	ext->sysenter_callback_cs = 0;
	ext->syscall32_disables_events = 0;
	ext->sysenter_disables_events = 0;
	if (call(domid, XEN_DOMCTL_set_ext_vcpucontext))
		die("set_ext_vcpucontext");
}

static void forget_wide(struct vcpu_guest_context *wide)
{
	memset(wide->trap_ctxt, 0, sizeof(wide->trap_ctxt));
	wide->event_callback_eip = 0;
	wide->failsafe_callback_eip = 0;
	wide->syscall_callback_eip = 0;
	wide->flags &= ~(VGCF_failsafe_disables_events |
			 VGCF_syscall_disables_events);
}

static void forget_narrow(struct vcpu_guest_context_x86_32 *narrow)
{
	memset(narrow->trap_ctxt, 0, sizeof(narrow->trap_ctxt));
	narrow->event_callback_cs = 0;
	narrow->event_callback_eip = 0;
	narrow->failsafe_callback_cs = 0;
	narrow->failsafe_callback_eip = 0;
	narrow->flags &= ~(VGCF_failsafe_disables_events |
			   VGCF_syscall_disables_events);
}

static void forget(unsigned int domid)
{
	if (context(domid, 0, XEN_DOMCTL_getvcpucontext))
		die("getvcpucontext");
	if (is_32)
		forget_narrow(&ctxt->narrow);
	else
		forget_wide(&ctxt->wide);
	if (context(domid, 0, XEN_DOMCTL_setvcpucontext))
		die("setvcpucontext");
	forget_compat(domid);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value >= DOMID_FIRST_RESERVED) {
		fprintf(stderr, "xen_state: %s is no domain's number\n", text);
		exit(2);
	}
	return value;
}

int main(int argc, char **argv)
{
	unsigned int domid, vcpu = 0;

	if (argc != 3 || (strcmp(argv[1], "show") && strcmp(argv[1], "forget"))) {
		fprintf(stderr, "usage: xen_state show|forget DOMID\n");
		return 2;
	}
	domid = number(argv[2]);

	xen = xencall_open(NULL, 0);
	if (!xen)
		die("hypercalls");
	domctl = xencall_alloc_buffer(xen, sizeof(*domctl));
	ctxt = xencall_alloc_buffer(xen, sizeof(*ctxt));
	if (!domctl || !ctxt)
		die("buffers for hypercalls");

	get_width(domid);
	if (!strcmp(argv[1], "forget")) {
		forget(domid);
		return 0;
	}
	while (show(domid, vcpu))
		vcpu++;
	if (!vcpu) {
		fprintf(stderr, "xen_state: no domain %u\n", domid);
		return 1;
	}
	return 0;
}
