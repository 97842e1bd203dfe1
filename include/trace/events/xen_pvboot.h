/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of start of day: each hypercall with what was asked for which
 * vCPU, and Xen's answer; each step of CPU bring-up with its result.
 *
 * Tracepoints do nothing on a CPU that is not online: hypercalls that a CPU
 * makes for itself as it comes up (callback_op, set_trap_table) are counted,
 * but not traced.  No condition of an event can lift that.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_pvboot

#if !defined(_TRACE_XEN_PVBOOT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_XEN_PVBOOT_H

#include <linux/tracepoint.h>

#include <xen/interface/xen.h>
#include <xen/interface/callback.h>
#include <xen/interface/vcpu.h>
#include <xen/pvboot/calls.h>

#define show_vcpu_op(cmd)						       \
	__print_symbolic(cmd,						       \
		{ VCPUOP_initialise,			"initialise" },	       \
		{ VCPUOP_up,				"up" },		       \
		{ VCPUOP_down,				"down" },	       \
		{ VCPUOP_is_up,				"is_up" },	       \
		{ VCPUOP_get_runstate_info,		"get_runstate" },      \
		{ VCPUOP_register_runstate_memory_area,	"register_runstate" }, \
		{ VCPUOP_register_vcpu_info,		"register_vcpu_info" })

#define show_callback_type(type)					\
	__print_symbolic(type,						\
		{ CALLBACKTYPE_event,		"event" },		\
		{ CALLBACKTYPE_failsafe,	"failsafe" },		\
		{ CALLBACKTYPE_syscall,		"syscall" },		\
		{ CALLBACKTYPE_nmi,		"nmi" },		\
		{ CALLBACKTYPE_sysenter,	"sysenter" },		\
		{ CALLBACKTYPE_syscall32,	"syscall32" })

TRACE_EVENT(xen_pv_set_trap_table,
	    TP_PROTO(unsigned int vcpu, const struct trap_info *table, int rc),
	    TP_ARGS(vcpu, table, rc),
	    TP_STRUCT__entry(__field(unsigned int, vcpu)
			     __field(unsigned int, nr)
			     __field(int, rc)
		    ),
	    TP_fast_assign(__entry->vcpu = vcpu;
			   __entry->nr = xen_pv_count_traps(table);
			   __entry->rc = rc;
		    ),
	    TP_printk("vcpu=%u entries=%u rc=%d",
		      __entry->vcpu, __entry->nr, __entry->rc)
);

#ifdef CONFIG_X86_32
#define callback_address(reg)	((reg)->address.eip)
#else
#define callback_address(reg)	((reg)->address)
#endif

TRACE_EVENT(xen_pv_callback_op,
	    TP_PROTO(unsigned int vcpu, const struct callback_register *reg, int rc),
	    TP_ARGS(vcpu, reg, rc),
	    TP_STRUCT__entry(__field(unsigned int, vcpu)
			     __field(unsigned int, type)
			     __field(unsigned int, flags)
			     __field(unsigned long, address)
			     __field(int, rc)
		    ),
	    TP_fast_assign(__entry->vcpu = vcpu;
			   __entry->type = reg->type;
			   __entry->flags = reg->flags;
			   __entry->address = callback_address(reg);
			   __entry->rc = rc;
		    ),
	    TP_printk("vcpu=%u type=%s flags=%#x address=%ps rc=%d",
		      __entry->vcpu, show_callback_type(__entry->type),
		      __entry->flags, (void *)__entry->address, __entry->rc)
);

TRACE_EVENT(xen_pv_set_callbacks,
	    TP_PROTO(unsigned int vcpu, unsigned long event, unsigned long failsafe,
		     unsigned long syscall, int rc),
	    TP_ARGS(vcpu, event, failsafe, syscall, rc),
	    TP_STRUCT__entry(__field(unsigned int, vcpu)
			     __field(unsigned long, event)
			     __field(unsigned long, failsafe)
			     __field(unsigned long, syscall)
			     __field(int, rc)
		    ),
	    TP_fast_assign(__entry->vcpu = vcpu;
			   __entry->event = event;
			   __entry->failsafe = failsafe;
			   __entry->syscall = syscall;
			   __entry->rc = rc;
		    ),
	    TP_printk("vcpu=%u event=%ps failsafe=%ps syscall=%ps rc=%d",
		      __entry->vcpu, (void *)__entry->event,
		      (void *)__entry->failsafe, (void *)__entry->syscall,
		      __entry->rc)
);

TRACE_EVENT(xen_pv_vcpu_op,
	    TP_PROTO(unsigned int cmd, unsigned int vcpu, int rc),
	    TP_ARGS(cmd, vcpu, rc),
	    TP_STRUCT__entry(__field(unsigned int, cmd)
			     __field(unsigned int, vcpu)
			     __field(int, rc)
		    ),
	    TP_fast_assign(__entry->cmd = cmd;
			   __entry->vcpu = vcpu;
			   __entry->rc = rc;
		    ),
	    TP_printk("cmd=%s vcpu=%u rc=%d",
		      show_vcpu_op(__entry->cmd), __entry->vcpu, __entry->rc)
);

TRACE_EVENT(xen_pv_step,
	    TP_PROTO(unsigned int cpu, const char *step, int rc, unsigned int us),
	    TP_ARGS(cpu, step, rc, us),
	    TP_STRUCT__entry(__field(unsigned int, cpu)
			     __string(step, step)
			     __field(int, rc)
			     __field(unsigned int, us)
		    ),
	    TP_fast_assign(__entry->cpu = cpu;
			   __assign_str(step);
			   __entry->rc = rc;
			   __entry->us = us;
		    ),
	    TP_printk("cpu=%u step=%s rc=%d us=%u",
		      __entry->cpu, __get_str(step), __entry->rc, __entry->us)
);

#endif /* _TRACE_XEN_PVBOOT_H */

/* Outside of the guard: read more than once */
#include <trace/define_trace.h>
