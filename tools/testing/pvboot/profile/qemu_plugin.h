/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What plugin.c uses of QEMU's API for TCG plugins, version 3 (QEMU 9.0), which later ones
 * still take.  Declared here because Debian has no package with QEMU's qemu-plugin.h.
 */
#ifndef PVBOOT_QEMU_PLUGIN_H
#define PVBOOT_QEMU_PLUGIN_H

#include <stddef.h>

#include "types.h"

#define QEMU_PLUGIN_EXPORT	__attribute__((visibility("default")))
#define QEMU_PLUGIN_VERSION	3

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

/* Of enum qemu_plugin_cb_flags and enum qemu_plugin_mem_rw */
#define QEMU_PLUGIN_CB_NO_REGS	0
#define QEMU_PLUGIN_CB_R_REGS	1
#define QEMU_PLUGIN_MEM_RW	3

/* Of GLib, whose headers may be missing as well; QEMU has it loaded. */
struct g_array {
	void *data;
	unsigned int len;
};

struct g_array *g_byte_array_new(void);
struct g_array *g_byte_array_set_size(struct g_array *bytes, unsigned int length);

struct qemu_plugin_register;

struct qemu_plugin_reg_descriptor {
	struct qemu_plugin_register *handle;
	const char *name;
	const char *feature;
};

/* An array of these, of the vCPU that the callback is about */
struct g_array *qemu_plugin_get_registers(void);

/* Appends the register's bytes, and returns how many they are */
int qemu_plugin_read_register(struct qemu_plugin_register *handle, struct g_array *bytes);

typedef void (*qemu_plugin_simple_cb_t)(u64 id);
typedef void (*qemu_plugin_vcpu_udata_cb_t)(unsigned int vcpu, void *data);
typedef void (*qemu_plugin_vcpu_mem_cb_t)(unsigned int vcpu, u32 info,
					  u64 address, void *data);
typedef void (*qemu_plugin_vcpu_tb_trans_cb_t)(u64 id, struct qemu_plugin_tb *tb);

void qemu_plugin_register_vcpu_tb_trans_cb(u64 id, qemu_plugin_vcpu_tb_trans_cb_t cb);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_vcpu_udata_cb_t cb, int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_mem_cb_t cb,
				      int flags, int rw, void *data);
void qemu_plugin_reset(u64 id, qemu_plugin_simple_cb_t cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *bytes, size_t size);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
u64 qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#endif
