// SPDX-License-Identifier: GPL-2.0
/*
 * The contract with Xen, on the running guest: calls that Xen has to refuse,
 * or that change nothing, and its answers.  The machine is as before when they
 * have been made.  Documentation/arch/x86/pvboot/contract.rst has the rows.
 *
 * Only where xen_pv_contract stands on the command line: no kernel should call
 * its hypervisor wrongly without having been asked to.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <xen/interface/callback.h>
#include <xen/interface/vcpu.h>
#include <xen/interface/xen.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include <asm/segment.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>

static bool wanted;
core_param(xen_pv_contract, wanted, bool, 0444);

/* A 32-bit guest has no address that is wrong in itself. */
#ifdef CONFIG_X86_64
#define NOT_CANONICAL	0x1234000000000000UL
#endif
#define UNKNOWN_COMMAND	77
/* What callback_op says of such a command, and of syscall, by width */
#define NO_COMMAND	(IS_ENABLED(CONFIG_X86_64) ? -ENOSYS : -EINVAL)
#define NO_SYSCALL	(IS_ENABLED(CONFIG_X86_64) ? -EINVAL : -ENOSYS)
/* A vector that Linux never has a gate for under Xen */
#define UNUSED_VECTOR	0x90

/*
 * Addresses that nothing can be read from: not mapped, Xen's own.  What Xen has
 * of a 32-bit guest's addresses is the list by machine frame, which may be read.
 */
#define NOWHERE		((void *)0x10)
#ifdef CONFIG_X86_64
#define XENS_OWN	((void *)HYPERVISOR_VIRT_START)
#endif

/*
 * set_trap_table
 */

static const struct trap_row {
	const char *name;
	struct trap_info list[2];
	void *instead;
	int wanted;
} trap_rows[] = {
	{ "list nowhere", .instead = NOWHERE, .wanted = -EFAULT },
#ifdef CONFIG_X86_64
	{ "list of Xen's", .instead = XENS_OWN, .wanted = -EFAULT },
	{ "address not canonical",
	  { { .vector = UNUSED_VECTOR, .address = NOT_CANONICAL } },
	  .wanted = -EINVAL },
#endif
	{ "empty list", { { .vector = UNUSED_VECTOR } }, .wanted = 0 },
};

KUNIT_ARRAY_PARAM_DESC(trap_row, trap_rows, name);

static void set_trap_table(struct kunit *test)
{
	const struct trap_row *row = test->param_value;
	struct trap_info list[2];

	memcpy(list, row->list, sizeof(list));
	KUNIT_EXPECT_EQ(test,
			HYPERVISOR_set_trap_table(row->instead ?: list),
			row->wanted);
}

/*
 * callback_op
 */

static const struct callback_row {
	const char *name;
	int cmd;
	u16 type;
	unsigned long address;
	void *instead;
	int wanted;
} callback_rows[] = {
	{ "register: nowhere", CALLBACKOP_register,
	  .instead = NOWHERE, .wanted = -EFAULT },
	{ "unregister: nowhere", CALLBACKOP_unregister,
	  .instead = NOWHERE, .wanted = -EFAULT },
	{ "unknown command", UNKNOWN_COMMAND, .wanted = NO_COMMAND },
	{ "unknown command, nowhere", UNKNOWN_COMMAND,
	  .instead = NOWHERE, .wanted = NO_COMMAND },
#ifdef CONFIG_X86_64
	{ "register: Xen's own", CALLBACKOP_register,
	  .instead = XENS_OWN, .wanted = -EFAULT },
	{ "register: event, not canonical", CALLBACKOP_register,
	  CALLBACKTYPE_event, NOT_CANONICAL, .wanted = -EINVAL },
	{ "register: failsafe, not canonical", CALLBACKOP_register,
	  CALLBACKTYPE_failsafe, NOT_CANONICAL, .wanted = -EINVAL },
	{ "register: syscall, not canonical", CALLBACKOP_register,
	  CALLBACKTYPE_syscall, NOT_CANONICAL, .wanted = -EINVAL },
	{ "register: 3, not canonical", CALLBACKOP_register,
	  3, NOT_CANONICAL, .wanted = -EINVAL },
#else
	{ "register: syscall", CALLBACKOP_register, CALLBACKTYPE_syscall,
	  .wanted = -ENOSYS },
#endif
	{ "register: 3", CALLBACKOP_register, 3, .wanted = -ENOSYS },
	{ "register: 6", CALLBACKOP_register, 6, .wanted = -ENOSYS },
	{ "register: 8", CALLBACKOP_register, 8, .wanted = -ENOSYS },
	{ "register: 65535", CALLBACKOP_register, 65535, .wanted = -ENOSYS },
	{ "unregister: event", CALLBACKOP_unregister,
	  CALLBACKTYPE_event, .wanted = -EINVAL },
	{ "unregister: failsafe", CALLBACKOP_unregister,
	  CALLBACKTYPE_failsafe, .wanted = -EINVAL },
	{ "unregister: syscall", CALLBACKOP_unregister,
	  CALLBACKTYPE_syscall, .wanted = NO_SYSCALL },
	{ "unregister: sysenter", CALLBACKOP_unregister,
	  CALLBACKTYPE_sysenter, .wanted = -EINVAL },
	{ "unregister: syscall32", CALLBACKOP_unregister,
	  CALLBACKTYPE_syscall32, .wanted = -EINVAL },
	{ "unregister: 3", CALLBACKOP_unregister, 3, .wanted = -ENOSYS },
	{ "unregister: 8", CALLBACKOP_unregister, 8, .wanted = -ENOSYS },
};

KUNIT_ARRAY_PARAM_DESC(callback_row, callback_rows, name);

static void callback_op(struct kunit *test)
{
	const struct callback_row *row = test->param_value;
	struct callback_register reg = {
		.type = row->type,
		.address = XEN_CALLBACK(__KERNEL_CS, row->address),
	};
	struct callback_unregister unreg = { .type = row->type };
	void *arg = row->cmd == CALLBACKOP_unregister ? (void *)&unreg : &reg;

	KUNIT_EXPECT_EQ(test,
			HYPERVISOR_callback_op(row->cmd, row->instead ?: arg),
			row->wanted);
}

/*
 * vcpu_op
 */

enum whose { OWN, OTHER, NOBODYS };

/* Xen may answer in two ways, by its version. */
static const struct vcpu_row {
	const char *name;
	int cmd;
	enum whose whose;
	/* the argument: this address, or some bytes of zeroes */
	void *instead;
	bool zeroes;
	int wanted, or;
} vcpu_rows[] = {
	{ "initialise: no such vCPU", VCPUOP_initialise, NOBODYS,
	  .wanted = -ENOENT },
	{ "up: no such vCPU", VCPUOP_up, NOBODYS, .wanted = -ENOENT },
	{ "down: no such vCPU", VCPUOP_down, NOBODYS, .wanted = -ENOENT },
	{ "is_up: no such vCPU", VCPUOP_is_up, NOBODYS, .wanted = -ENOENT },
	{ "get_runstate_info: no such vCPU", VCPUOP_get_runstate_info,
	  NOBODYS, .wanted = -ENOENT },
	{ "register_vcpu_info: no such vCPU", VCPUOP_register_vcpu_info,
	  NOBODYS, .wanted = -ENOENT },
	{ "unknown: no such vCPU", UNKNOWN_COMMAND, NOBODYS,
	  .wanted = -ENOENT },
	{ "unknown command", UNKNOWN_COMMAND, OWN, .wanted = -ENOSYS },
	{ "initialise: own", VCPUOP_initialise, OWN, .zeroes = true,
	  .wanted = -EEXIST },
	{ "initialise: another, running", VCPUOP_initialise, OTHER,
	  .zeroes = true, .wanted = -EEXIST },
	{ "initialise: nowhere", VCPUOP_initialise, OWN, NOWHERE,
	  .wanted = -EFAULT },
	{ "up: own", VCPUOP_up, OWN, .wanted = 0 },
	{ "up: another, running", VCPUOP_up, OTHER, .wanted = 0 },
	{ "is_up: own", VCPUOP_is_up, OWN, .wanted = 1 },
	{ "is_up: another, running", VCPUOP_is_up, OTHER, .wanted = 1 },
	{ "get_runstate_info: nowhere", VCPUOP_get_runstate_info, OWN,
	  NOWHERE, .wanted = -EFAULT },
	{ "register_runstate: nowhere", VCPUOP_register_runstate_memory_area,
	  OWN, NOWHERE, .wanted = -EFAULT },
	{ "register_time: nowhere", VCPUOP_register_vcpu_time_memory_area,
	  OWN, NOWHERE, .wanted = -EFAULT },
	{ "set_periodic_timer: nowhere", VCPUOP_set_periodic_timer, OWN,
	  NOWHERE, .wanted = -EFAULT },
	{ "set_periodic_timer: 0 ns", VCPUOP_set_periodic_timer, OWN,
	  .zeroes = true, .wanted = -EINVAL },
	{ "set_singleshot_timer: nowhere", VCPUOP_set_singleshot_timer, OWN,
	  NOWHERE, .wanted = -EFAULT },
	{ "set_singleshot_timer: another's", VCPUOP_set_singleshot_timer,
	  OTHER, .zeroes = true, .wanted = -EINVAL },
	{ "stop_singleshot_timer: another's", VCPUOP_stop_singleshot_timer,
	  OTHER, .wanted = -EINVAL },
	{ "register_vcpu_info: nowhere", VCPUOP_register_vcpu_info, OWN,
	  NOWHERE, .wanted = -EFAULT },
	{ "register_vcpu_info: a second time", VCPUOP_register_vcpu_info, OWN,
	  .zeroes = true, .wanted = -EINVAL, .or = -EBUSY },
	{ "send_nmi: an argument", VCPUOP_send_nmi, OWN,
	  .zeroes = true, .wanted = -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(vcpu_row, vcpu_rows, name);

static unsigned int vcpu_of(struct kunit *test, enum whose whose)
{
	unsigned int cpu = smp_processor_id();

	if (whose == NOBODYS)
		return 8192;
	if (whose == OTHER)
		cpu = cpumask_any_but(cpu_online_mask, cpu);
	return cpu < nr_cpu_ids ? xen_vcpu_nr(cpu) : 8192;
}

static void vcpu_op(struct kunit *test)
{
	const struct vcpu_row *row = test->param_value;
	struct vcpu_guest_context *zeroes;
	int rc;

	/* the longest argument that there is */
	zeroes = kunit_kzalloc(test, sizeof(*zeroes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, zeroes);
	if (row->whose == OTHER && num_online_cpus() < 2)
		kunit_skip(test, "there is only one CPU");

	preempt_disable();
	rc = HYPERVISOR_vcpu_op(row->cmd, vcpu_of(test, row->whose),
				row->zeroes ? zeroes : row->instead);
	preempt_enable();

	if (!row->or || rc != row->or)
		KUNIT_EXPECT_EQ(test, rc, row->wanted);
}

/*
 * Afterwards
 */

static bool page_fault_comes_in(void)
{
	unsigned long word;

	__get_kernel_nofault(&word, NOWHERE, unsigned long, fault);
	return false;
fault:
	return true;
}

static void noop(void *unused)
{
}

static void machine_is_healthy(struct kunit *test)
{
	unsigned int cpu;

	KUNIT_EXPECT_TRUE(test, page_fault_comes_in());
	for_each_online_cpu(cpu)
		KUNIT_EXPECT_EQ_MSG(test,
				    smp_call_function_single(cpu, noop, NULL,
							     1), 0,
				    "CPU %u", cpu);
}

static int contract_init(struct kunit *test)
{
	if (!xen_pv_domain())
		kunit_skip(test, "not a PV guest of Xen");
	if (!wanted)
		kunit_skip(test, "no xen_pv_contract on the command line");
	return 0;
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(set_trap_table, trap_row_gen_params),
	KUNIT_CASE_PARAM(callback_op, callback_row_gen_params),
	KUNIT_CASE_PARAM(vcpu_op, vcpu_row_gen_params),
	KUNIT_CASE(machine_is_healthy),
	{}
};

static struct kunit_suite suite = {
	.name = "xen_pv_contract",
	.init = contract_init,
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("KUnit: what Xen answers to a PV guest that calls it wrongly");
MODULE_LICENSE("GPL");
