/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of Linux as the files of arch/x86/xen/mm/ need: types, one CPU,
 * its interrupt flag, locks, lists, and warnings that a case can look at.
 *
 * The Makefile has each header of Linux's that they include be linux_mm.h,
 * which includes this one.
 */
#ifndef PVBOOT_LINUX_HOST_H
#define PVBOOT_LINUX_HOST_H

#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Linux's, for its formats; Xen's headers have those of the C library */
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int64_t s64;
typedef u64 phys_addr_t;

#include <xen/xen-compat.h>
#undef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__	__XEN_LATEST_INTERFACE_VERSION__
#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/vcpu.h>

/* Linux has a pointer where Xen's header has a handle. */
#define vcpumask	vcpumask.p

#ifdef __x86_64__
#define CONFIG_X86_64			1
#define HOST_CONFIG_X86_64		1
#define CONFIG_PGTABLE_LEVELS		4
#else
#define HOST_CONFIG_X86_64		0
#define CONFIG_PGTABLE_LEVELS		3
#endif
#define CONFIG_SPLIT_PTE_PTLOCKS	1

#define IS_ENABLED(CONFIG_option)	HOST_##CONFIG_option
#define HOST_CONFIG_DEBUG_VM		1
#define HOST_CONFIG_KUNIT		0
#define HOST_CONFIG_PREEMPT_RT		0

/* Words for a compiler or a linker that has a kernel to make */
#define __init
#define __initdata
#define __ref
#define __visible
#define asmlinkage
#define noinstr
#define noinline		__attribute__((noinline))
#define __noreturn		__attribute__((noreturn))
#define __must_check
#define __acquires(lock)
#define __releases(lock)
#define __acquire(lock)		((void)(lock))
#define __release(lock)		((void)(lock))
#define early_param(name, fn) \
	int (*const host_param_##fn)(char *value) = fn
#define core_initcall(fn) \
	int (*const host_initcall_##fn)(void) = fn

#define likely(condition)	(condition)
#define unlikely(condition)	(condition)
#define READ_ONCE(from)		(*(volatile typeof(from) *)&(from))
#define WRITE_ONCE(to, value)	(*(volatile typeof(to) *)&(to) = (value))
#define _RET_IP_		((unsigned long)__builtin_return_address(0))

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define BIT(nr)			(1UL << (nr))
#define BITS_TO_LONGS(nr)	(((nr) + 8 * sizeof(long) - 1) / (8 * sizeof(long)))
#define U32_MAX			0xffffffffU
#define BUILD_BUG_ON(condition)	_Static_assert(!(condition), #condition)
#define clamp(value, least, most) \
	((value) < (least) ? (least) : (value) > (most) ? (most) : (value))
#define container_of(inner, type, member) \
	((type *)((char *)(inner) - offsetof(type, member)))

/*
 * Warnings: counted, the first one and the last one kept
 */

struct host_warnings {
	unsigned int nr;
	char first[400], last[400];
};

extern struct host_warnings host_warnings;

void host_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The end of the kernel: of the program, too, unless a test waits for it
 *
 * @leave: set by setjmp(), where @expected
 */
struct host_fatal {
	bool expected;
	jmp_buf leave;
	const char *what;
	unsigned long arg;
	int rc;
};

extern struct host_fatal host_fatal;

#define HOST_WARN_IF(condition, ...)		\
	({					\
		bool host_told = (condition);	\
						\
		if (host_told)			\
			host_warn(__VA_ARGS__);	\
		host_told;			\
	})

#define WARN(condition, ...)		HOST_WARN_IF(condition, __VA_ARGS__)
#define WARN_ONCE(condition, ...)	HOST_WARN_IF(condition, __VA_ARGS__)
#define WARN_RATELIMIT(condition, ...)	HOST_WARN_IF(condition, __VA_ARGS__)
#define pr_warn_ratelimited(...)	host_warn(__VA_ARGS__)
#define WARN_ON_ONCE(condition)		HOST_WARN_IF(condition, "%s", #condition)

/*
 * One CPU, and what runs on it
 */

#define DECLARE_PER_CPU(type, name)		extern type name
#define DECLARE_PER_CPU_ALIGNED(type, name)	extern type name
#define DEFINE_PER_CPU(type, name)		type name
#define per_cpu(name, cpu)			(*((void)(cpu), &(name)))
#define this_cpu_read(name)			(name)
#define this_cpu_write(name, value)		((name) = (value))
#define __this_cpu_write(name, value)		((name) = (value))
#define smp_processor_id()			0
#define xen_vcpu_nr(cpu)			(cpu)
#define cpu_to_node(cpu)			0
#define HOST_CPUS				1U
#define nr_cpu_ids				HOST_CPUS

struct host_cpu {
	bool irqs_off;
	bool lazy_mmu;
	bool lazy_cpu;
	bool in_interrupt;
	int preempt_count;
	void (*others)(void);
};

extern struct host_cpu host_cpu;

#define in_task()			(!host_cpu.in_interrupt)
#define preemptible()			(!host_cpu.preempt_count && !host_cpu.irqs_off)
#define preempt_disable()		((void)host_cpu.preempt_count++)
#define preempt_enable()		((void)host_cpu.preempt_count--)
#define lockdep_assert_preemption_disabled() \
	WARN_ON_ONCE(preemptible())
#define is_lazy_mmu_mode_active()	(host_cpu.lazy_mmu && in_task())
#define xen_is_cpu_lazy_mode()		host_cpu.lazy_cpu

#define local_irq_save(flags)				\
	do {						\
		(flags) = host_cpu.irqs_off;		\
		host_cpu.irqs_off = true;		\
	} while (0)
#define local_irq_restore(flags)	host_irq_restore(flags)

void host_irq_restore(bool off);

struct cpumask {
	unsigned long bits[BITS_TO_LONGS(HOST_CPUS)];
};

#define cpumask_bits(mask)		((mask)->bits)
#define cpumask_empty(mask)		(!(mask)->bits[0])
#define cpumask_any_but(mask, cpu)	((mask)->bits[0] & ~(1UL << (cpu)) ? 0U : 1U)
extern const struct cpumask *const cpu_online_mask;

static inline void bitmap_and(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int nr)
{
	(void)nr;
	*to = *a & *b;
}

static inline void
on_each_cpu_cond_mask(bool (*condition)(int cpu, void *info),
		      void (*fn)(void *info), void *info, bool wait,
		      const struct cpumask *mask)
{
	(void)wait;
	(void)mask;
	if (condition(0, info))
		fn(info);
}

/*
 * Locks, of both kinds: taken once, and given back by whoever has it
 */

typedef struct {
	bool held;
} spinlock_t, raw_spinlock_t;

#define __SPIN_LOCK_UNLOCKED(name)	{ .held = false }

static inline void spin_lock(spinlock_t *lock)
{
	WARN(lock->held, "a lock is taken twice");
	lock->held = true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	WARN(!lock->held, "a lock is given back twice");
	lock->held = false;
}

/* Where others may run: @others is called once */
#define cond_resched_lock(lock)				\
	do {						\
		WARN(host_cpu.irqs_off, "sleeps with interrupts off");	\
		spin_unlock(lock);			\
		host_others();				\
		spin_lock(lock);			\
	} while (0)

void host_others(void);

#define DEFINE_RAW_SPINLOCK(name)	raw_spinlock_t name
#define raw_spin_lock_init(lock)	((void)((lock)->held = false))
#define spin_lock_nest_lock(lock, outer)				\
	do {								\
		WARN(!(outer)->held, "the outer lock is not held");	\
		spin_lock(lock);					\
	} while (0)
#define raw_spin_lock_irqsave(lock, flags)	\
	do {					\
		local_irq_save(flags);		\
		spin_lock(lock);		\
	} while (0)
#define raw_spin_unlock_irqrestore(lock, flags)	\
	do {					\
		spin_unlock(lock);		\
		local_irq_restore(flags);	\
	} while (0)

/*
 * Lists
 */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)		struct list_head name = { &(name), &(name) }

/*
 * Work that waits until host_wait()
 */

#define HZ	100

struct work_struct;

struct delayed_work {
	void (*fn)(struct work_struct *work);
};

#define DECLARE_DELAYED_WORK(name, function) \
	struct delayed_work name = { .fn = (function) }

void schedule_delayed_work(struct delayed_work *work, unsigned long delay);

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add(struct list_head *entry, struct list_head *list)
{
	entry->next = list->next;
	entry->prev = list;
	list->next->prev = entry;
	list->next = entry;
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

#define list_first_entry_or_null(list, type, member)			\
	((list)->next == (list) ? NULL :				\
	 container_of((list)->next, type, member))
#define list_for_each_entry(entry, list, member)			\
	for (entry = container_of((list)->next, typeof(*entry), member);	\
	     &entry->member != (list);					\
	     entry = container_of(entry->member.next, typeof(*entry), member))

#endif /* PVBOOT_LINUX_HOST_H */
