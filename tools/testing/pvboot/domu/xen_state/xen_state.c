// SPDX-License-Identifier: GPL-2.0
/*
 * What Xen holds of a PV domU's start of day, seen from dom0: the callbacks,
 * the trap table and the flags of each vCPU.
 *
 *   xen_state show DOMID     a line a vCPU; two lines are alike where Xen
 *                            holds the same
 *   xen_state forget DOMID   take callbacks and traps of vCPU 0 away, as if
 *                            the toolstack had not brought them along.  The
 *                            domain must be paused
 *
 * ABI: domctl's getvcpucontext, setvcpucontext and their ext_ forms, in the
 * version of the headers that this is compiled with.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xencall.h>
#include <xen/xen.h>
#include <xen/domctl.h>

#define TRAPS	256

/* FNV-1a, to tell tables apart in a word */
#define FNV_BASIS	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

static xencall_handle *xen;
static struct xen_domctl *domctl;
static struct vcpu_guest_context *ctxt;

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
	set_xen_guest_handle(domctl->u.vcpucontext.ctxt,
			     (vcpu_guest_context_t *)ctxt);
	return call(domid, cmd);
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

static void show_traps(void)
{
	uint64_t sum = FNV_BASIS;
	unsigned int i, count = 0;

	for (i = 0; i < TRAPS; i++) {
		const struct trap_info *trap = &ctxt->trap_ctxt[i];

		/* Xen gives no number to an entry that is not set. */
		count += !!trap->address;
		sum = fold(sum, trap->address);
		if (trap->address)
			sum = fold(sum, trap->flags | trap->cs << 8);
	}
	printf(" traps=%u sum=%016" PRIx64, count, sum);
}

static void show_flags(void)
{
	printf(" masks=%s%s",
	       ctxt->flags & VGCF_failsafe_disables_events ? "failsafe," : "",
	       ctxt->flags & VGCF_syscall_disables_events ? "syscall," : "");
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

	printf("vcpu=%u event=%lx failsafe=%lx syscall=%lx", vcpu,
	       ctxt->event_callback_eip, ctxt->failsafe_callback_eip,
	       ctxt->syscall_callback_eip);
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

static void forget(unsigned int domid)
{
	if (context(domid, 0, XEN_DOMCTL_getvcpucontext))
		die("getvcpucontext");
	memset(ctxt->trap_ctxt, 0, sizeof(ctxt->trap_ctxt));
	ctxt->event_callback_eip = 0;
	ctxt->failsafe_callback_eip = 0;
	ctxt->syscall_callback_eip = 0;
	ctxt->flags &= ~(VGCF_failsafe_disables_events |
			 VGCF_syscall_disables_events);
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
