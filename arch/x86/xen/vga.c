// SPDX-License-Identifier: GPL-2.0
/*
 * dom0's screen, as Xen has left it.
 */
#include <linux/init.h>
#include <linux/screen_info.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include <xen/interface/xen.h>

#include <asm/setup.h>

#include "ops.h"

/* What vgacon finds on a machine that nobody has changed: 80 x 25 characters */
static const struct screen_info plain_text __initconst = {
	.orig_video_mode	= 3,
	.orig_video_isVGA	= 1,	/* as a BIOS says it, and early_printk */
	.orig_video_ega_bx	= 3,
	.orig_video_cols	= 80,
	.orig_video_lines	= 25,
	.orig_video_points	= 16,
	.orig_y			= 24,
};

/* An older hypervisor's structure ends earlier: whether it has a field. */
#define has(size, field)	\
	((size) >= offsetofend(struct dom0_vga_console_info, field))

static void __init take_text_mode(struct screen_info *screen,
				  const struct dom0_vga_console_info *info)
{
	screen->orig_video_points = info->u.text_mode_3.font_height;
	screen->orig_video_cols = info->u.text_mode_3.columns;
	screen->orig_video_lines = info->u.text_mode_3.rows;
	screen->orig_x = info->u.text_mode_3.cursor_x;
	screen->orig_y = info->u.text_mode_3.cursor_y;
}

static void __init take_frame_buffer(struct screen_info *screen,
				     const struct dom0_vga_console_info *info)
{
	const typeof(info->u.vesa_lfb) *lfb = &info->u.vesa_lfb;

	screen->lfb_base = lfb->lfb_base;
	screen->lfb_size = lfb->lfb_size;
	screen->lfb_width = lfb->width;
	screen->lfb_height = lfb->height;
	screen->lfb_depth = lfb->bits_per_pixel;
	screen->lfb_linelength = lfb->bytes_per_line;

	screen->red_pos = lfb->red_pos;
	screen->red_size = lfb->red_size;
	screen->green_pos = lfb->green_pos;
	screen->green_size = lfb->green_size;
	screen->blue_pos = lfb->blue_pos;
	screen->blue_size = lfb->blue_size;
	screen->rsvd_pos = lfb->rsvd_pos;
	screen->rsvd_size = lfb->rsvd_size;
}

static void __init take_high_base(struct screen_info *screen,
				  const struct dom0_vga_console_info *info)
{
	if (!info->u.vesa_lfb.ext_lfb_base)
		return;
	screen->ext_lfb_base = info->u.vesa_lfb.ext_lfb_base;
	screen->capabilities |= VIDEO_CAPABILITY_64BIT_BASE;
}

/**
 * xen_init_vga - describe the screen
 * @info: what Xen says of it: start_info's, or a PVH dom0's by hypercall
 * @size: bytes of @info
 * @screen: where to put it
 *
 * A kind of screen that is not known is described as plain text.
 */
void __init xen_init_vga(const struct dom0_vga_console_info *info, size_t size,
			 struct screen_info *screen)
{
	*screen = plain_text;

	if (info->video_type == XEN_VGATYPE_TEXT_MODE_3) {
		if (has(size, u.text_mode_3))
			take_text_mode(screen, info);
		return;
	}
	if (info->video_type != XEN_VGATYPE_VESA_LFB &&
	    info->video_type != XEN_VGATYPE_EFI_LFB)
		return;
	if (!has(size, u.vesa_lfb.rsvd_size))
		return;

	screen->orig_video_isVGA = info->video_type == XEN_VGATYPE_EFI_LFB ?
				   VIDEO_TYPE_EFI : VIDEO_TYPE_VLFB;
	take_frame_buffer(screen, info);
	if (has(size, u.vesa_lfb.ext_lfb_base))
		take_high_base(screen, info);
	if (info->video_type == XEN_VGATYPE_VESA_LFB &&
	    has(size, u.vesa_lfb.mode_attrs))
		screen->vesa_attributes = info->u.vesa_lfb.mode_attrs;
}
