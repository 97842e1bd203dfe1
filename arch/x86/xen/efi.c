// SPDX-License-Identifier: GPL-2.0
/*
 * EFI in the initial domain.  Xen has left the firmware's boot services and
 * keeps its system table: what Linux reads of the table is asked from Xen and
 * put into one of the kernel's own, and runtime services are hypercalls
 * (drivers/xen/efi.c).
 */
#define pr_fmt(fmt) "xen: " fmt

#include <linux/bitops.h>
#include <linux/efi.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <xen/xen.h>
#include <xen/xen-ops.h>
#include <xen/interface/platform.h>

#include <asm/bootparam.h>
#include <asm/page.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>

#include "pv.h"

/* How a field says that there is nothing behind it */
#define NOTHING		EFI_INVALID_TABLE_ADDR

static efi_char16_t vendor_name[100] __initdata;

/* Consoles and services are of use to programs of the firmware only. */
static efi_system_table_t system_table __initdata = {
	.hdr.signature		= EFI_SYSTEM_TABLE_SIGNATURE,
	.con_in_handle		= NOTHING,
	.con_out_handle		= NOTHING,
	.stderr_handle		= NOTHING,
	.stderr			= NOTHING,
	.runtime		= (void *)NOTHING,
	.boottime		= (void *)NOTHING,
};

/*
 * @index: XEN_FW_EFI_*
 *
 * Return: 0, and the answer is in @op; or Xen's error, -ENODEV and the like
 * where the machine did not start by EFI.
 */
static int __init ask_for(struct xen_platform_op *op, u32 index)
{
	op->cmd = XENPF_firmware_info;
	op->u.firmware_info.type = XEN_FW_EFI_INFO;
	op->u.firmware_info.index = index;
	return HYPERVISOR_platform_op(op);
}

static int __init take_config_tables(void)
{
	struct xen_platform_op op = {};
	const union xenpf_efi_info *info = &op.u.firmware_info.u.efi_info;
	int rc = ask_for(&op, XEN_FW_EFI_CONFIG_TABLE);

	if (!rc) {
		system_table.tables = info->cfg.addr;
		system_table.nr_tables = info->cfg.nent;
	}
	return rc;
}

/* A name that does not fit is refused, and is of no use but to be shown. */
static void __init take_vendor(void)
{
	struct xen_platform_op op = {};
	union xenpf_efi_info *info = &op.u.firmware_info.u.efi_info;

	info->vendor.bufsz = sizeof(vendor_name);
	set_xen_guest_handle(info->vendor.name, vendor_name);
	if (ask_for(&op, XEN_FW_EFI_VENDOR)) {
		system_table.fw_vendor = __pa_symbol(L"UNKNOWN");
		return;
	}
	system_table.fw_vendor = __pa_symbol(vendor_name);
	system_table.fw_revision = info->vendor.revision;
}

/* Return: the version asked for, or what was known before. */
static u32 __init version_or(u32 known, u32 index)
{
	struct xen_platform_op op = {};

	if (ask_for(&op, index))
		return known;
	return op.u.firmware_info.u.efi_info.version;
}

/* The shim's user may have switched verification off, which counts as off. */
static bool __init shim_is_insecure(void)
{
	efi_guid_t guid = EFI_SHIM_LOCK_GUID;
	unsigned long size;
	u8 state;

	size = sizeof(state);
	return efi.get_variable(L"MokSBStateRT", &guid, NULL, &size,
				&state) == EFI_SUCCESS && state == 1;
}

static enum efi_secureboot_mode __init secure_boot_mode(void)
{
	enum efi_secureboot_mode mode;

	mode = efi_get_secureboot_mode(efi.get_variable);
	switch (mode) {
	case efi_secureboot_mode_unknown:
		pr_err("cannot find out whether UEFI Secure Boot is on\n");
		return mode;
	case efi_secureboot_mode_enabled:
		if (shim_is_insecure())
			return efi_secureboot_mode_disabled;
		pr_info("UEFI Secure Boot is on\n");
		return mode;
	default:
		return mode;
	}
}

static void __init show_to_linux(struct boot_params *params)
{
	u64 table = __pa(&system_table);
	struct efi_info *info = &params->efi_info;

	strscpy((char *)&info->efi_loader_signature, "Xen",
		sizeof(info->efi_loader_signature));
	info->efi_systab = lower_32_bits(table);
	info->efi_systab_hi = upper_32_bits(table);
	params->secure_boot = secure_boot_mode();

	set_bit(EFI_BOOT, &efi.flags);
	set_bit(EFI_PARAVIRT, &efi.flags);
	set_bit(EFI_64BIT, &efi.flags);
}

/**
 * xen_efi_init - let Linux know of the EFI that Xen was started by
 * @params: boot parameters, which get the system table and Secure Boot's mode
 *
 * Does nothing in a domU and on a machine with a BIOS.
 *
 * Context: the boot CPU, before start_kernel(), with the direct map in place.
 * ABI: XENPF_firmware_info; XEN_FW_EFI_CONFIG_TABLE tells whether there is EFI.
 */
void __init xen_efi_init(struct boot_params *params)
{
	if (!xen_initial_domain() || take_config_tables())
		return;

	/* From here on efi.get_variable() is a hypercall */
	xen_efi_runtime_setup();
	take_vendor();
	system_table.hdr.revision = version_or(0, XEN_FW_EFI_VERSION);
	efi.runtime_version = version_or(efi.runtime_version,
					 XEN_FW_EFI_RT_VERSION);
	show_to_linux(params);
}
