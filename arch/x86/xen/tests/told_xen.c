// SPDX-License-Identifier: GPL-2.0
/* A stand-in for Xen, in place of the hypercalls of the core. */
#include <kunit/static_stub.h>

#include <xen/pvboot/calls.h>

#include "told_xen.h"

static struct told_xen *told(void)
{
	return kunit_get_current_test()->priv;
}

static int set_trap_table(struct trap_info *list)
{
	struct told_xen *xen = told();

	xen->calls++;
	if (xen->rc)
		return xen->rc;
	if (!list) {
		xen->clears++;
		memset(xen->table, 0, sizeof(xen->table));
		return 0;
	}
	for (; list->address; list++) {
		xen->entries++;
		xen->table[list->vector] = *list;
	}
	return 0;
}

static int callback_op(int cmd, void *arg)
{
	struct told_xen *xen = told();

	if (xen->rc)
		return xen->rc;
	if (cmd != CALLBACKOP_register || xen->nr_callbacks == MOST_CALLBACKS)
		return -ENOSYS;
	xen->callbacks[xen->nr_callbacks++] = *(struct callback_register *)arg;
	return 0;
}

#ifdef CONFIG_X86_64
static int set_callbacks(unsigned long event_address,
			 unsigned long failsafe_address,
			 unsigned long syscall_address)
{
	struct told_xen *xen = told();

	xen->legacy[0] = event_address;
	xen->legacy[1] = failsafe_address;
	xen->legacy[2] = syscall_address;
	xen->nr_legacy++;
	return xen->rc;
}
#else
static int set_callbacks(unsigned long event_selector,
			 unsigned long event_address,
			 unsigned long failsafe_selector,
			 unsigned long failsafe_address)
{
	struct told_xen *xen = told();

	xen->legacy[0] = event_selector;
	xen->legacy[1] = event_address;
	xen->legacy[2] = failsafe_selector;
	xen->legacy[3] = failsafe_address;
	xen->nr_legacy++;
	return xen->rc;
}
#endif

/**
 * xen_pv_told_start - have the stand-in answer for the rest of a test
 * @test: the test; its private data belong to the stand-in from here on
 *
 * Return: what it is told.
 */
struct told_xen *xen_pv_told_start(struct kunit *test)
{
	struct told_xen *xen = kunit_kzalloc(test, sizeof(*xen), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, xen);
	test->priv = xen;
	kunit_activate_static_stub(test, xen_pv_set_trap_table, set_trap_table);
	kunit_activate_static_stub(test, xen_pv_callback_op, callback_op);
	kunit_activate_static_stub(test, xen_pv_set_callbacks, set_callbacks);
	return xen;
}

/**
 * xen_pv_expect_traps - compare two trap tables as Xen sees them
 * @test: the test
 * @has: one
 * @wanted: what it ought to be
 */
void xen_pv_expect_traps(struct kunit *test, const struct trap_info *has,
			 const struct trap_info *wanted)
{
	unsigned int v;

	for (v = 0; v < TRAP_VECTORS; v++)
		KUNIT_EXPECT_TRUE_MSG(test,
				      xen_pv_trap_entry_equal(&has[v],
							      &wanted[v]),
				      "vector %u: %lx, not %lx", v,
				      has[v].address, wanted[v].address);
}
