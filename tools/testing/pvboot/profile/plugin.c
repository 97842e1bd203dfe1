// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU that feeds stacks.c with what the guest executes:
 *
 *	-plugin plugin.so,symbols=FILE,rounds=PREFIX[,boot=on]
 *
 * Up to the guest's first mark (mark.h) only marks are looked for, so that the boot takes
 * no longer than without it; with boot=on, the boot is what is followed.  With probe=on it
 * ends QEMU at once, successfully: so it is found out whether this QEMU takes plugins.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "qemu_plugin.h"
#include "stacks.h"

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static u64 self;
static bool following;

static void on_memory(unsigned int vcpu, u32 info, u64 address, void *data)
{
	(void)info;
	access_memory(vcpu, address, data);
}

static void on_instruction(unsigned int vcpu, void *data)
{
	execute(vcpu, data);
}

/* The register that has a hypercall's number */
static struct qemu_plugin_register *find_rax(void)
{
	const struct g_array *all = qemu_plugin_get_registers();
	const struct qemu_plugin_reg_descriptor *one = all->data;
	unsigned int i;

	for (i = 0; i < all->len; i++)
		if (!strcmp(one[i].name, "rax"))
			return one[i].handle;
	fprintf(stderr, "plugin: QEMU has no register rax\n");
	exit(1);
}

static void on_syscall(unsigned int vcpu, void *data)
{
	static struct qemu_plugin_register *rax;
	static struct g_array *bytes;
	u32 number = 0;

	if (!bytes) {
		bytes = g_byte_array_new();
		rax = find_rax();
	}
	g_byte_array_set_size(bytes, 0);
	qemu_plugin_read_register(rax, bytes);
	if (bytes->len >= sizeof(number))
		memcpy(&number, bytes->data, sizeof(number));
	hypercall(vcpu, number);
	execute(vcpu, data);
}

static void follow_all(struct qemu_plugin_insn *plugged, struct instruction *insn)
{
	if (insn->kind == SYSCALL && insn->side == LINUX)
		qemu_plugin_register_vcpu_insn_exec_cb(plugged, on_syscall, QEMU_PLUGIN_CB_R_REGS,
						       insn);
	else
		qemu_plugin_register_vcpu_insn_exec_cb(plugged, on_instruction,
						       QEMU_PLUGIN_CB_NO_REGS, insn);
	if (insn->kind == SAVES_STACK || insn->kind == LOADS_STACK)
		qemu_plugin_register_vcpu_mem_cb(plugged, on_memory, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, insn);
}

static void on_first_mark(unsigned int vcpu, void *data);

static void on_translation(u64 id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb);
	size_t i;

	(void)id;
	for (i = 0; i < count; i++) {
		struct qemu_plugin_insn *plugged = qemu_plugin_tb_get_insn(tb, i);
		u64 address = qemu_plugin_insn_vaddr(plugged);
		size_t size = qemu_plugin_insn_size(plugged);
		unsigned char bytes[16] = { 0 };
		struct instruction *insn;

		/* Before the first mark nothing else matters, and it is a program's. */
		if (!following && (size != 7 || address >> 47))
			continue;
		qemu_plugin_insn_data(plugged, bytes, sizeof(bytes));
		insn = instruction_at(address, bytes, size);
		if (following)
			follow_all(plugged, insn);
		else if (insn->kind == MARKED && insn->value == MARK_FOLLOW)
			qemu_plugin_register_vcpu_insn_exec_cb(plugged, on_first_mark,
							       QEMU_PLUGIN_CB_NO_REGS, insn);
	}
}

/* QEMU has forgotten all translations, and all that was registered. */
static void on_reset(u64 id)
{
	following = true;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
}

static void on_first_mark(unsigned int vcpu, void *data)
{
	static bool asked;

	(void)vcpu;
	(void)data;
	if (!asked)
		qemu_plugin_reset(self, on_reset);
	asked = true;
}

static bool take(const char *argument)
{
	if (!strncmp(argument, "symbols=", 8))
		return load_symbols(argument + 8);
	if (!strncmp(argument, "rounds=", 7))
		return write_rounds_to(argument + 7);
	if (!strcmp(argument, "boot=on")) {
		following = true;
		count_the_boot();
		return true;
	}
	if (!strcmp(argument, "probe=on"))
		exit(0);
	return false;
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(u64 id, const struct qemu_info *info,
					   int argc, char **argv)
{
	int i;

	(void)info;
	self = id;
	for (i = 0; i < argc; i++) {
		if (!take(argv[i])) {
			fprintf(stderr, "plugin: %s: no good\n", argv[i]);
			return 1;
		}
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
