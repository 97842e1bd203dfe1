// SPDX-License-Identifier: GPL-2.0
/*
 * APIC driver for PV guests, which have no local APIC.
 *
 * Core x86 reads the APIC's id and version, sends IPIs through it and writes
 * the PMU's vector to it.  This driver answers the reads, sends IPIs by event
 * channels (ipi.c), passes the PMU's vector on to Xen, and warns of any other
 * access.
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <xen/xen.h>
#include <xen/interface/xen.h>
#include <xen/interface/physdev.h>
#include <xen/interface/platform.h>

#include <asm/apic.h>
#include <asm/io_apic.h>
#include <asm/irq_vectors.h>
#include <asm/processor.h>
#include <asm/x86_init.h>
#include <asm/xen/hypercall.h>

#include "pmu.h"
#include "pv.h"

/* An integrated local APIC, as each x86-64 CPU has, without vectors to list */
#define APIC_VERSION_SHOWN	0x14

/* xAPIC format: the id stands in bits 31:24 of the register */
#define XAPIC_ID_SHIFT		24

/*
 * I/O APIC
 */

/* An I/O APIC of the usual size, for a domain that may not read the real one */
static unsigned int imagined_io_apic(unsigned int apic, unsigned int reg)
{
	const union IO_APIC_reg_00 id = { .bits.ID = apic };
	const union IO_APIC_reg_01 version = {
		.bits = { .version = 0x20, .entries = 23 },
	};

	switch (reg) {
	case 0:
		return id.raw;
	case 1:
		return version.raw;
	default:
		/* A pin that raises a vector which no device has */
		return RESCHEDULE_VECTOR;
	}
}

static unsigned int read_io_apic(unsigned int apic, unsigned int reg)
{
	struct physdev_apic op = {
		.apic_physbase = mpc_ioapic_addr(apic),
		.reg = reg,
	};

	if (HYPERVISOR_physdev_op(PHYSDEVOP_apic_read, &op))
		return imagined_io_apic(apic, reg);

	return op.value;
}

/*
 * Registers of the local APIC
 */

/* dom0 uses the machine's ids, as its ACPI tables name CPUs by them */
static u32 machine_apic_id(unsigned int pcpu)
{
	struct xen_platform_op op = {
		.cmd = XENPF_get_cpuinfo,
		.u.pcpu_info.xen_cpuid = pcpu,
	};

	if (HYPERVISOR_platform_op(&op))
		return BAD_APICID;

	return op.u.pcpu_info.apic_id;
}

/**
 * xen_pv_apic_id() - the APIC id that this CPU is to have
 *
 * The register and CPUID both show it: Linux compares them.  Usable from the
 * first CPUID of the boot on.
 *
 * Return: the id; BAD_APICID where Xen does not tell dom0 the machine's.
 */
u32 xen_pv_apic_id(void)
{
	unsigned int cpu = raw_smp_processor_id();

	/* From the MADT, or registered by smp.c in its place */
	if (cpu)
		return cpuid_to_apicid[cpu];

	/* The boot CPU's is read before cpuid_to_apicid[] is filled in */
	return xen_initial_domain() ? machine_apic_id(0) : 0;
}

static u32 read_register(u32 reg)
{
	switch (reg) {
	case APIC_ID:
		return xen_pv_apic_id() << XAPIC_ID_SHIFT;
	case APIC_LVR:
		return APIC_VERSION_SHOWN;
	default:
		return 0;
	}
}

static void write_register(u32 reg, u32 val)
{
	if (reg == APIC_LVTPC) {
		/* -ENODEV: no PMU given to this domain, so nothing to set up */
		int rc = xen_pv_set_lvtpc(val);

		if (rc && rc != -ENODEV)
			pr_warn_once("PMU interrupt not set to %#x: %s\n", val,
				     xen_errno_name(rc));
		return;
	}

	WARN(1, "write to local APIC register %#x: %#x\n", reg, val);
}

static void no_eoi(void)
{
	/* Event channels are acknowledged by their own driver */
	WARN_ON_ONCE(1);
}

static u64 read_icr(void)
{
	/* Delivery status idle: callers need not wait */
	return 0;
}

static void write_icr(u32 low, u32 id)
{
	WARN(1, "IPI %#x for APIC %#x sent around the driver\n", low, id);
}

/*
 * Driver
 */

#ifdef CONFIG_SMP
static void send_to_one(int cpu, int vector)
{
	xen_pv_send_IPI_mask(cpumask_of(cpu), vector);
}
#endif

static int runs_as_pv(void)
{
	return xen_pv_domain();
}

static int madt_is_ours(char *oem_id, char *oem_table_id)
{
	return runs_as_pv();
}

static u32 id_of_register(u32 val)
{
	return (val >> XAPIC_ID_SHIFT) & GENMASK(7, 0);
}

static u32 id_of_present_cpu(int cpu)
{
	return cpu_present(cpu) ? cpu_data(cpu).topo.apicid : BAD_APICID;
}

static struct apic xen_pv_apic __ro_after_init = {
	.name			= "Xen PV",
	.probe			= runs_as_pv,
	.acpi_madt_oem_check	= madt_is_ours,

	/* Xen chooses the ids, so none is too large */
	.max_apic_id		= UINT_MAX,
	.get_apic_id		= id_of_register,
	.cpu_present_to_apicid	= id_of_present_cpu,
	.calc_dest_apicid	= apic_flat_calc_apicid,

	.read			= read_register,
	.write			= write_register,
	.eoi			= no_eoi,
	.icr_read		= read_icr,
	.icr_write		= write_icr,

	.send_IPI_self		= xen_pv_send_IPI_self,
#ifdef CONFIG_SMP
	.send_IPI		= send_to_one,
	.send_IPI_all		= xen_pv_send_IPI_all,
	.send_IPI_allbutself	= xen_pv_send_IPI_allbutself,
	.send_IPI_mask		= xen_pv_send_IPI_mask,
	.send_IPI_mask_allbutself = xen_pv_send_IPI_mask_allbutself,
#endif
};

apic_driver(xen_pv_apic);

#ifdef CONFIG_X86_32
/**
 * xen_pv_choose_apic() - have x86 use the driver above
 *
 * 64-bit asks each driver when it reads the MADT, 32-bit when it has read it: by
 * then it has asked another one for the boot CPU's id.
 *
 * Context: setup_arch(), before ACPI's tables are read.
 */
void __init xen_pv_choose_apic(void)
{
	apic_install_driver(&xen_pv_apic);
}
#endif

/**
 * xen_pv_init_apic() - read I/O APICs by hypercall from now on
 *
 * The driver above needs no call: x86 probes for it.  ABI: physdev_op's
 * PHYSDEVOP_apic_read.
 */
void __init xen_pv_init_apic(void)
{
	x86_apic_ops.io_apic_read = read_io_apic;
}
