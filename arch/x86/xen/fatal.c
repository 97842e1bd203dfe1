// SPDX-License-Identifier: GPL-2.0
/*
 * Fatal errors of start of day.  Once consoles, traps and notifiers are there,
 * they end in panic().
 *
 * Before that xen_pv_crash() has to work from the first line of C: it does not
 * use printk(), allocate or need interrupts.  It writes one line to Xen's
 * console, or to the domain's own, then reports the domain as crashed, so that
 * the toolstack does what on_crash= says.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/panic.h>
#include <linux/smp.h>

#include <xen/page.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/io/console.h>
#include <xen/interface/sched.h>
#include <xen/interface/xen.h>

#include <asm/barrier.h>
#include <asm/page.h>
#include <asm/xen/hypercall.h>

#include "pv.h"

/* Room for one line: the longest numbers and 60 characters of what was tried */
#define FATAL_LINE	192

/* Consoles, traps and notifiers are there, and panic() is of use. */
static bool may_panic __ro_after_init;

/*
 * The machine is coming back from a suspend: one CPU runs, and the console's
 * driver does not know its new event channel yet.
 */
bool xen_pv_resuming;

/* How often to let the console's backend run before giving up on it */
#define DRAIN_YIELDS	1000

/*
 * The page of a domU's console, by whichever mapping there is at this point
 * of the boot: the linear one, or before that the one that the domain builder
 * made, in which the page lies at the kernel's own offset.  Its number is in
 * the table that Xen maps for each domain; Linux's own comes later.
 */
static struct xencons_interface *console_ring(void)
{
	const unsigned long *m2p = (const unsigned long *)MACH2PHYS_VIRT_START;
	unsigned long pfn;

	if (!xen_start_info || (xen_start_info->flags & SIF_INITDOMAIN) ||
	    !xen_start_info->console.domU.mfn)
		return NULL;

	pfn = READ_ONCE(m2p[xen_start_info->console.domU.mfn]);
	if (pfn >= xen_start_info->nr_pages)
		return NULL;
	/* Instrumented code is not called in the first steps of the boot. */
	if (xen_p2m_size && pfn_range_is_mapped(pfn, pfn + 1))
		return __va(PFN_PHYS(pfn));

	return (void *)(__START_KERNEL_map + (pfn << PAGE_SHIFT));
}

static void kick_console(void)
{
	struct evtchn_send send = {
		.port = xen_start_info->console.domU.evtchn,
	};
	int i;

	/* No other console is left to report an error on */
	if (HYPERVISOR_event_channel_op(EVTCHNOP_send, &send))
		return;

	for (i = 0; i < DRAIN_YIELDS; i++) {
		const struct xencons_interface *ring = console_ring();

		if (READ_ONCE(ring->out_cons) == READ_ONCE(ring->out_prod))
			break;
		if (HYPERVISOR_sched_op(SCHEDOP_yield, NULL))
			break;
	}
}

static void write_ring(const char *line, size_t len)
{
	struct xencons_interface *ring = console_ring();
	XENCONS_RING_IDX cons, prod;
	size_t room;

	if (!ring)
		return;

	cons = READ_ONCE(ring->out_cons);
	prod = ring->out_prod;
	room = sizeof(ring->out) - (prod - cons);

	/* See the consumer's index before the bytes it freed are reused */
	mb();
	for (len = min(len, room); len; len--)
		ring->out[MASK_XENCONS_IDX(prod++, ring->out)] = *line++;
	/* The bytes must be there before the index says so */
	wmb();
	WRITE_ONCE(ring->out_prod, prod);

	kick_console();
}

/* Does not fail; if it did, callers would try again. */
static void crash_domain(void)
{
	struct sched_shutdown crash = { .reason = SHUTDOWN_crash };

	if (HYPERVISOR_sched_op(SCHEDOP_shutdown, &crash))
		cpu_relax();
}

static void write_line(char *line, size_t len)
{
	/*
	 * A release build of Xen takes console_io from the hardware domain
	 * only; any other domain has the ring that its toolstack reads.
	 */
	if (HYPERVISOR_console_io(CONSOLEIO_write, len, line) < 0)
		write_ring(line, len);
}

/**
 * xen_pv_crash_with() - write a line and crash the domain
 * @line: the line, with its end
 * @len:  its length
 *
 * For callers that cannot use xen_pv_fatal().  Returns only if Xen does not
 * crash the domain.
 *
 * ABI: console_io, and sched_op's SCHEDOP_shutdown with SHUTDOWN_crash.
 */
void xen_pv_crash_with(char *line, size_t len)
{
	write_line(line, len);
	crash_domain();
}

/* Returns only if panic() on this CPU has led here again. */
static void end_by_panic(const char *what, unsigned int vcpu,
			 unsigned long arg, int rc)
{
	static atomic_t last = ATOMIC_INIT(-1);
	int cpu = raw_smp_processor_id();

	if (atomic_xchg(&last, cpu) != cpu)
		panic("xen: %s on vCPU %u, argument %#lx: %s (%d)\n", what,
		      vcpu, arg, xen_errno_name(rc), rc);
}

static int fatal_line(char *line, size_t size, const char *what,
		      unsigned int vcpu, unsigned long arg, int rc)
{
	int len;

	len = scnprintf(line, size,
			"xen: FATAL: %.60s on vCPU %u, argument %#lx",
			what, vcpu, arg);
	if (rc)
		len += scnprintf(line + len, size - len, ": %s (%d)",
				 xen_errno_name(rc), rc);
	return len + scnprintf(line + len, size - len, "\r\n");
}

/**
 * xen_pv_crash() - report a fatal error and crash the domain
 * @what: what was tried, in a few words: usually a hypercall
 * @vcpu: Xen's number of the vCPU that it was tried for
 * @arg:  the argument that mattered
 * @rc:   what the hypervisor answered, a negative errno; 0 if no hypercall
 *	  failed
 *
 * Callers use xen_pv_fatal(), which does not return.  After
 * xen_pv_end_by_panic() this calls panic(); during a resume the line is written
 * to the console as well.
 *
 * ABI: console_io, and sched_op's SCHEDOP_shutdown with SHUTDOWN_crash.
 */
void xen_pv_crash(const char *what, unsigned int vcpu, unsigned long arg,
		  int rc)
{
	static bool told;
	char line[FATAL_LINE];
	int len;

	/*
	 * If start_info or the console's page is not mapped, this faults, and
	 * the exception ends here again.
	 */
	if (!told && (!may_panic || xen_pv_resuming)) {
		told = true;
		len = fatal_line(line, sizeof(line), what, vcpu, arg, rc);
		write_line(line, len);
	}
	if (may_panic)
		end_by_panic(what, vcpu, arg, rc);

	crash_domain();
}

/**
 * xen_pv_end_by_panic() - have fatal errors end in panic() from now on
 *
 * Called on the boot CPU, once consoles and traps are there.
 */
void __init xen_pv_end_by_panic(void)
{
	may_panic = true;
}
