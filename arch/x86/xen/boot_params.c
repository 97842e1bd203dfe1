// SPDX-License-Identifier: GPL-2.0
/*
 * start_info to boot_params.
 *
 * Xen hands a PV guest its own structure instead of the boot protocol's.  The
 * kernel from start_kernel() on reads the latter only, so this is where the
 * one becomes the other: for every domain what its builder loaded, for dom0
 * also what the machine's firmware told Xen.
 */
#include <linux/edd.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/pfn.h>
#include <linux/types.h>

#include <xen/xen.h>
#include <xen/interface/platform.h>
#include <xen/interface/xen.h>

#include <asm/bootparam.h>
#include <asm/page.h>
#include <asm/setup.h>
#include <asm/xen/hypercall.h>

#include "pv.h"

/* Bits 7:4 of type_of_loader name the loader, bits 3:0 are its version */
#define LOADER_XEN		9
#define LOADER_VERSION		0

static phys_addr_t __init ramdisk_address(void)
{
	unsigned long start = xen_start_info->mod_start;

	if (!start)
		return 0;

	/* A frame number where the module was too large to be mapped */
	if (xen_start_info->flags & SIF_MOD_START_PFN)
		return PFN_PHYS(start);

	return __pa(start);
}

/*
 * Linux copies as many bytes as its own buffer has, which is more than this
 * one: a command line that fills it must not go on in the fields behind it.
 */
static unsigned long __init command_line_address(void)
{
	xen_start_info->cmd_line[MAX_GUEST_CMDLINE - 1] = '\0';

	return __pa(xen_start_info->cmd_line);
}

static void __init fill_setup_header(struct setup_header *hdr)
{
	hdr->type_of_loader = LOADER_XEN << 4 | LOADER_VERSION;
	hdr->hardware_subarch = X86_SUBARCH_XEN;
	hdr->cmd_line_ptr = command_line_address();
	hdr->ramdisk_image = ramdisk_address();
	hdr->ramdisk_size = xen_start_info->mod_len;
}

/*
 * What follows is asked of Xen, which read it from the BIOS.  An error means
 * that there is nothing (no such disk, booted by EFI, not permitted), and that
 * is what boot_params then says.
 */

static int __init ask_firmware(struct xen_platform_op *op, u32 type, u32 index)
{
	op->cmd = XENPF_firmware_info;
	op->u.firmware_info.type = type;
	op->u.firmware_info.index = index;

	return HYPERVISOR_platform_op(op);
}

static bool __init read_disk(unsigned int nr, struct edd_info *disk)
{
	struct xen_platform_op op = {};
	typeof(op.u.firmware_info.u.disk_info) *answer =
		&op.u.firmware_info.u.disk_info;

	/* In: the room that there is; out: how much of it Xen filled */
	disk->params.length = sizeof(disk->params);
	set_xen_guest_handle(answer->edd_params, &disk->params);

	if (ask_firmware(&op, XEN_FW_DISK_INFO, nr))
		return false;

	disk->device = answer->device;
	disk->version = answer->version;
	disk->interface_support = answer->interface_support;
	disk->legacy_max_cylinder = answer->legacy_max_cylinder;
	disk->legacy_max_head = answer->legacy_max_head;
	disk->legacy_sectors_per_track = answer->legacy_sectors_per_track;

	return true;
}

static bool __init read_mbr_signature(unsigned int nr, u32 *signature)
{
	struct xen_platform_op op = {};

	if (ask_firmware(&op, XEN_FW_DISK_MBR_SIGNATURE, nr))
		return false;

	*signature = op.u.firmware_info.u.disk_mbr_signature.mbr_signature;

	return true;
}

static void __init fill_disks(struct boot_params *bp)
{
	unsigned int nr = 0;

	while (nr < EDDMAXNR && read_disk(nr, &bp->eddbuf[nr]))
		nr++;
	bp->eddbuf_entries = nr;

	nr = 0;
	while (nr < EDD_MBR_SIG_MAX &&
	       read_mbr_signature(nr, &bp->edd_mbr_sig_buffer[nr]))
		nr++;
	bp->edd_mbr_sig_buf_entries = nr;
}

static void __init fill_keyboard(struct boot_params *bp)
{
	struct xen_platform_op op = {};

	if (!ask_firmware(&op, XEN_FW_KBD_SHIFT_FLAGS, 0))
		bp->kbd_status = op.u.firmware_info.u.kbd_shift_flags;
}

/*
 * dom0 gets the description of the screen where another domain gets its
 * console's ring.  Once read it is cleared, so that it is not taken for one.
 */
static void __init fill_screen(struct boot_params *bp)
{
	struct start_info *si = xen_start_info;
	const void *info = (void *)si + si->console.dom0.info_off;

	xen_init_vga(info, si->console.dom0.info_size, &bp->screen_info);

	si->console.domU.mfn = 0;
	si->console.domU.evtchn = 0;
}

/**
 * xen_pv_fill_boot_params() - tell the kernel what the domain builder loaded
 *
 * Once, on the boot CPU, with start_info mapped.  ABI: start_info of Xen's
 * xen.h; for dom0 also platform_op's XENPF_firmware_info.
 */
void __init xen_pv_fill_boot_params(void)
{
	fill_setup_header(&boot_params.hdr);

	if (!xen_initial_domain())
		return;

	fill_screen(&boot_params);
	fill_keyboard(&boot_params);
	if (IS_ENABLED(CONFIG_EDD))
		fill_disks(&boot_params);
}
