/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PVBOOT_GUEST_H
#define PVBOOT_GUEST_H

#include <stdarg.h>

#include <xen/pvboot/callbacks.h>
#include <xen/pvboot/trap_table.h>
#include <xen/pvboot/vcpu.h>
#include <xen/pvboot/vcpu_context.h>

#include "layout.h"
#include "pte.h"
#include "rows.h"

/* What another vCPU, an event or Xen may change meanwhile */
#define load(from)		__atomic_load_n(&(from), __ATOMIC_ACQUIRE)
#define store(to, value)	__atomic_store_n(&(to), value, __ATOMIC_RELEASE)

/* As xen_version() has it */
#define XEN_4_20	(4 << 16 | 20)

#define PAGE_SIZE	4096UL

/* In gdt_page */
#define GDT_ENTRY_DATA	1

#define EFLAGS_FIXED	0x2
#define EFLAGS_TF	0x100
#define EFLAGS_IF	0x200
#define EFLAGS_DF	0x400
#define EFLAGS_IOPL	0x3000
#define EFLAGS_NT	0x4000
#define EFLAGS_AC	0x40000

#define IS_64BIT	(sizeof(long) == 8)

/* RPL of a kernel selector while it runs, and as Xen writes it into frames */
#define KERNEL_RPL	(IS_64BIT ? 3 : 1)
#define FRAME_KERNEL_CS	(FLAT_KERNEL_CS & (IS_64BIT ? ~3 : ~0))
#define USER_CS		FLAT_USER_CS
#define USER_SS		FLAT_USER_SS

/* entry_*.S: how an entry left the registers, lowest address first */
struct regs {
	unsigned long entry_cs;
#ifdef __x86_64__
	unsigned long r15, r14, r13, r12, r11, r10, r9, r8;
#endif
	unsigned long di, si, bp, bx, dx, cx, ax;
	unsigned long entry_flags;
	unsigned long entry;
	unsigned long error_code;
	unsigned long ip;
	u16 cs;
#ifdef __x86_64__
	u16 unused;
#endif
	u8 saved_mask;
	u8 above_mask;
#ifdef __x86_64__
	u16 above;
#endif
	unsigned long flags;
	/* 32-bit: only from user mode */
	unsigned long sp, ss;
};

struct user_start {
	unsigned long ip, cs, flags, sp, ss, arg;
};

/**
 * struct seen - what an entry looked like
 * @regs: its registers and frame
 * @cr2: faulting address as Xen left it in vcpu_info
 * @mask: the event mask on entry
 */
struct seen {
	struct regs regs;
	unsigned long cr2;
	u8 mask;
};

/* The lower end of a vCPU's block */
struct vcpu_local {
	unsigned int id;
	/* NULL: at its place in shared_info */
	struct vcpu_info *info;
	/* where the next trap goes on, and what it writes down; 0: nowhere */
	unsigned long back;
	struct seen *seen;
	/* the same for the next event, where it is not to return */
	bool event_jumps;
	unsigned int events;
	unsigned long event_entry;
	struct seen event;
	unsigned long ports;
	struct trap_table traps;
	/* what another vCPU asks this one to do */
	void (*job)(void);
	bool running;
};

extern u8 blocks[MAX_VCPUS][BLOCK_SIZE];

static inline struct vcpu_local *local_of(unsigned int vcpu_id)
{
	return (struct vcpu_local *)blocks[vcpu_id];
}

static inline struct vcpu_local *this_vcpu(void)
{
	unsigned long sp = (unsigned long)__builtin_frame_address(0);

	return (struct vcpu_local *)(sp & ~(BLOCK_SIZE - 1UL));
}

static inline void barrier(void)
{
	asm volatile("" : : : "memory");
}

static inline void pause(void)
{
	asm volatile("pause" : : : "memory");
}

/* For the answers that differ from one Xen to another */
static inline unsigned int xen_version(void)
{
	return hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
}

/* console.c */
void say(const char *format, ...) __attribute((format(printf, 1, 2)));

/* report.c */
extern const struct suite suite_trap_table, suite_callbacks, suite_vcpu_op;
extern const struct suite suite_deliveries, suite_events, suite_context;
extern const struct suite suite_vcpu, suite_fpu;
extern const struct suite suite_m2p, suite_tables, suite_top_level;
extern const struct suite suite_entries, suite_segments, suite_boot_tables;

_Noreturn void bail_out(const char *why);
void run_suites(const struct suite *const *suite, unsigned int nr);

/* memory.c */
extern struct start_info *start_info;
extern struct shared_info *shared_info;
extern u64 *kernel_root;
void memory_start(struct start_info *info);
unsigned long mfn_of(const void *address);
void *page_of(unsigned long mfn);
unsigned long spare_mfn(void);
int set_mapping(const void *address, u64 entry);
int set_page(const void *address, unsigned int flags);
unsigned long page_table_root(void);
bool take_all_memory(void);
bool give_memory_back(void);
extern u8 edge[2 * PAGE_SIZE];
#define hypervisor_area ((void *)HYPERVISOR_VIRT_START)
unsigned long not_canonical(void);

/* entry_*.S, and what they call */
extern char trap_stubs[];
extern char syscall_entry[], syscall32_entry[], sysenter_entry[];
extern char failsafe_entry[], nmi_entry[], event_entry[], event_entry_2[];
extern unsigned long failsafe_segments[4];
bool try_call(unsigned long *sp, void (*fn)(unsigned long arg),
	      unsigned long arg);
_Noreturn void jump_back(unsigned long sp);
_Noreturn void enter_user(const struct user_start *start);
void end_nmi(void);
void guest_main(struct start_info *info);
void trap_entered(struct regs *regs);
void event_entered_c(struct regs *regs);
extern char start_secondary[];

/* traps.c */
bool traps(struct seen *seen, void (*fn)(unsigned long arg), unsigned long arg);
bool traps_in_user(struct seen *seen, void (*fn)(unsigned long arg),
		   unsigned long arg);
bool traps_in_user_with(struct seen *seen, const struct user_start *start);
void user_start_at(struct user_start *start, void (*fn)(unsigned long arg),
		   unsigned long arg);
void gate(struct trap_info *entry, unsigned int vector, unsigned int dpl,
	  bool masks_events);
int put_gate(unsigned int vector, unsigned int dpl, bool masks_events);
int load_gates(struct trap_table *table);
void wanted_gates(struct trap_info wanted[TRAP_VECTORS]);

/* events.c */
extern const struct callback_table entry_points;
struct vcpu_info *vcpu_info(void);
extern unsigned int soon;
u64 now(void);
void mask_events(void);
void unmask_events(void);
bool event_within(unsigned int ms, unsigned int before);
int bind_timer(unsigned int vcpu_id, evtchn_port_t *port);
int bind_self(unsigned int vcpu_id, evtchn_port_t *port);
int open_port(evtchn_port_t port);
void close_ports(void);
int notify(evtchn_port_t port);
_Noreturn void power_off(unsigned int reason);
void reset_entry_points(void);
void relax(void);

/* vcpus.c */
void build_context(struct vcpu_guest_context *ctxt, unsigned int vcpu_id);
extern const u64 gdt_page[PAGE_SIZE / 8];
void secondary_main(void);
bool on_vcpu(unsigned int vcpu_id, void (*job)(void));
bool wait_for(const bool *flag, bool wanted, unsigned int ms);

/* endings.c */
bool told(const char *word);
void end_as_told(void);

/* provoke.S */
#define PROVOKES(name) \
	extern char name##_at[]; \
	void name(unsigned long arg)

PROVOKES(do_de);
PROVOKES(do_ud);
PROVOKES(do_bp);
PROVOKES(do_int4);
PROVOKES(do_gp);
PROVOKES(do_fxsave);
PROVOKES(do_xsave);
PROVOKES(do_xrstor);
PROVOKES(do_pf_read);
PROVOKES(do_pf_write);
PROVOKES(do_int80);
PROVOKES(do_int81);
PROVOKES(do_int90);
PROVOKES(do_syscall);
PROVOKES(do_sysenter32);
PROVOKES(do_syscall32);
PROVOKES(do_spin);
extern char do_int80_before[], do_int81_before[], do_int90_before[];
extern char do_syscall_before[];
extern char do_sysenter32_before[], do_syscall32_before[];
extern char user_sp[], user_begin[], user_end[];

#endif /* PVBOOT_GUEST_H */
