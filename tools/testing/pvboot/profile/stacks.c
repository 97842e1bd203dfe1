// SPDX-License-Identifier: GPL-2.0
/*
 * Stacks of calls, of each task of Linux; see stacks.h.
 *
 * A stack's first frame is "user"; a system call, an exception or an interrupt puts the
 * function of Linux on it where that is entered, and what is on it ends with the next
 * instruction of the program.  Each stay in Xen puts a frame on top of whatever Xen was
 * entered from, and goes with the last instruction there:
 *
 *	user [xen] system call ...
 *	user entry_SYSCALL_64 do_syscall_64 ... xen_mc_flush [xen] hypercall 1 do_mmu_update ...
 *	user asm_exc_page_fault exc_page_fault ...
 *
 * Where a jump leaves a function for another, that one takes its place.  Frames are looked
 * for by what is executed, not counted by calls and returns: what is not understood (a
 * return to elsewhere, a stack that begins in the middle) is mended by the next return that
 * is.
 *
 * QEMU runs one CPU at a time where it counts instructions, so nothing is locked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"
#include "stacks.h"

/* Linux on Xen runs in this part, Xen in that one: asm/pgtable_64_types.h, xen-x86_64.h */
#define LINUX_START	0xffffffff80000000ULL
#define XEN_START	0xffff800000000000ULL
#define XEN_END		0xffff880000000000ULL
#define USER_END	0x0000800000000000ULL

#define CPUS		64
#define DEPTH		400
#define TASKS		4096
#define HASH		(1U << 16)

/* How many frames a return may leave at once */
#define RETURNS		40

#define NAME		96

struct function {
	u64 address;
	unsigned int number;
	bool entry, new_task, part, thunk;
	char name[NAME];
};

static struct function *functions;
static size_t nr_functions;

/* Frames that are no function */
static const struct function user = { .name = "user" };
static const struct function linux_unknown = { .name = "linux" };
static const struct function xen_unknown = { .name = "xen" };

/* Stays in Xen are told apart by a number: that of a hypercall, or one of these. */
#define STAY_SYSCALL	0x10000
#define STAY_OTHER	0x20000		/* plus the number of the first function */

/* A stack of calls that was seen; the whole is a tree */
struct node {
	struct node *parent, *child, *sibling;
	const struct function *function;	/* of a stay in Xen where one names it */
	unsigned int number, stay;		/* a stay's, plus 1, or 0 */
	u64 instructions, entries;
};

static struct node root;

/* How a frame came to be */
enum came { CALLED, ENTERED, STAY };

struct frame {
	struct node *node;
	const struct function *function;
	enum came came;
	u64 back;			/* CALLED: to where it returns */
};

struct task {
	u64 key;			/* where Linux keeps its stack pointer, or 0 */
	int depth;
	struct frame frames[DEPTH];
};

static struct task *tasks[TASKS];
static unsigned int nr_tasks;

static struct cpu {
	struct task *task;
	const struct instruction *last;
	const struct instruction *left;	/* the last before Xen */
	int outside;			/* the depth without Xen's, or 0 */
	u32 hypercall;		/* the last one's number */
} cpus[CPUS];

static struct instruction *instructions[HASH];
static bool counting;
static enum { NO_BOOT, BEFORE, BOOTING } boot;
static unsigned int rounds;
static char prefix[400];

/* --- functions and instructions --- */

bool load_symbols(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t size = 0;
	char flags[8];
	struct function one;

	if (!file)
		return false;
	memset(&one, 0, sizeof(one));
	while (fscanf(file, "%llx %u %7s %95s", &one.address, &one.number, flags,
		      one.name) == 4) {
		if (nr_functions == size) {
			void *more = realloc(functions, (size += 16384) * sizeof(one));

			if (!more)
				break;
			functions = more;
		}
		one.entry = strchr(flags, 'e');
		one.new_task = strchr(flags, 'n');
		one.part = strchr(flags, 'p');
		one.thunk = strchr(flags, 't');
		functions[nr_functions++] = one;
	}
	if (!feof(file))
		nr_functions = 0;
	fclose(file);
	return nr_functions > 0;
}

/* The last that begins at or before the address, on the same side */
static const struct function *function_at(u64 address, enum side side)
{
	size_t low = 0, high = nr_functions;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (functions[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (side == LINUX)
		return low && functions[low - 1].address >= LINUX_START ?
			&functions[low - 1] : &linux_unknown;
	/* Code that Xen writes itself lies after all of its functions. */
	return low && low < nr_functions && functions[low].address < XEN_END ?
		&functions[low - 1] : &xen_unknown;
}

static enum side side_of(u64 address)
{
	if (address < USER_END)
		return USER;
	return address >= XEN_START && address < XEN_END ? XEN : LINUX;
}

/* Prefixes that change neither call nor return: REX, and those that pad or tell branches */
static const unsigned char *skip_prefixes(const unsigned char *byte)
{
	while ((*byte & 0xf0) == 0x40 || *byte == 0x2e || *byte == 0x3e || *byte == 0x66 ||
	       *byte == 0x67 || *byte == 0xf2 || *byte == 0xf3)
		byte++;
	return byte;
}

static u32 number_at(const unsigned char *bytes)
{
	u32 number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

static enum kind kind_of(const unsigned char *bytes, size_t size, u32 *value)
{
	const unsigned char *code = skip_prefixes(bytes);

	if (size == 7 && bytes[0] == 0x0f && bytes[1] == 0x1f && bytes[2] == 0x80 &&
	    (number_at(bytes + 3) & ~0xffU) == MARK_BASE) {
		*value = bytes[3];
		return MARKED;
	}
	if (size == 2 && bytes[0] == 0x0f && bytes[1] == 0x05)
		return SYSCALL;
	if (code[0] == 0xe8 || (code[0] == 0xff && ((code[1] >> 3) & 7) == 2))
		return CALL;
	if (code[0] == 0xc3 || code[0] == 0xc2)
		return RETURN;
	/* mov %rsp, offset(%rdi) and mov offset(%rsi), %rsp: __switch_to_asm() */
	if (size == 7 && bytes[0] == 0x48 && bytes[1] == 0x89 && bytes[2] == 0xa7)
		return SAVES_STACK;
	if (size == 7 && bytes[0] == 0x48 && bytes[1] == 0x8b && bytes[2] == 0xa6)
		return LOADS_STACK;
	return PLAIN;
}

struct instruction *instruction_at(u64 address, const unsigned char *bytes, size_t size)
{
	struct instruction **first = &instructions[(address ^ (address >> 16)) % HASH];
	unsigned char padded[16] = { 0 };
	struct instruction *insn;

	memcpy(padded, bytes, size < sizeof(padded) ? size : sizeof(padded) - 1);
	for (insn = *first; insn; insn = insn->next)
		if (insn->address == address && insn->size == size &&
		    !memcmp(insn->bytes, padded, sizeof(insn->bytes)))
			return insn;
	insn = calloc(1, sizeof(*insn));
	if (!insn)
		abort();
	insn->address = address;
	insn->size = size;
	memcpy(insn->bytes, padded, sizeof(insn->bytes));
	insn->side = side_of(address);
	insn->kind = kind_of(padded, size, &insn->value);
	if (insn->side != LINUX && (insn->kind == SAVES_STACK || insn->kind == LOADS_STACK))
		insn->kind = PLAIN;
	if (insn->side == USER) {
		insn->function = &user;
	} else {
		insn->function = function_at(address, insn->side);
		insn->start = insn->function->address == address && !insn->function->part;
	}
	insn->next = *first;
	*first = insn;
	return insn;
}

/* --- the tree of stacks --- */

static struct node *child_of(struct node *parent, const struct function *function,
			     unsigned int stay)
{
	struct node **link = &parent->child;
	struct node *node;

	for (node = *link; node; link = &node->sibling, node = *link)
		if (node->stay == stay && (node->function == function ||
					   (node->number && node->number == function->number)))
			break;
	if (node) {
		*link = node->sibling;
	} else {
		node = calloc(1, sizeof(*node));
		if (!node)
			abort();
		node->parent = parent;
		node->function = function;
		node->number = function->number;
		node->stay = stay;
	}
	/* What was looked for last is likely to be looked for again. */
	node->sibling = parent->child;
	parent->child = node;
	return node;
}

static void forget(struct node *node)
{
	for (; node; node = node->sibling) {
		node->instructions = 0;
		node->entries = 0;
		forget(node->child);
	}
}

static void print_stack(FILE *file, const struct node *node)
{
	if (node->parent != &root) {
		print_stack(file, node->parent);
		fputc(';', file);
	}
	if (!node->stay)
		fputs(node->function->name, file);
	else if (node->stay - 1 == STAY_SYSCALL)
		fputs("[xen] system call", file);
	else if (node->stay - 1 >= STAY_OTHER)
		fprintf(file, "[xen] %s", node->function->name);
	else
		fprintf(file, "[xen] hypercall %u", node->stay - 1);
}

static void print(FILE *file, const struct node *node)
{
	for (; node; node = node->sibling) {
		if (node->instructions || node->entries) {
			print_stack(file, node);
			fprintf(file, " %llu %llu\n", node->instructions,
				node->entries);
		}
		print(file, node->child);
	}
}

bool write_rounds_to(const char *path)
{
	return snprintf(prefix, sizeof(prefix) - 8, "%s", path) < (int)sizeof(prefix) - 8;
}

static void write_round(void)
{
	char name[sizeof(prefix) + 16];
	FILE *file;

	snprintf(name, sizeof(name), "%s%03u", prefix, rounds++);
	file = fopen(name, "w");
	/* profiler.py misses the file, or its last line, and says so. */
	if (!file)
		return;
	print(file, root.child);
	fputs("end\n", file);
	fclose(file);
}

/* --- frames --- */

static struct frame *top(struct task *task)
{
	return task->depth ? &task->frames[task->depth - 1] : NULL;
}

static void push(struct task *task, const struct function *function, enum came came,
		 u64 back, unsigned int stay)
{
	struct frame *below = top(task), *frame;

	if (task->depth == DEPTH)
		return;
	frame = &task->frames[task->depth++];
	frame->node = child_of(below ? below->node : &root, function, stay);
	frame->node->entries += counting;
	frame->function = function;
	frame->came = came;
	frame->back = back;
}

/* A jump from one function to another, which returns to where that would have */
static void replace(struct task *task, const struct function *function)
{
	struct frame *frame = top(task);

	if (!frame || frame->came == STAY) {
		push(task, function, CALLED, 0, 0);
		return;
	}
	frame->node = child_of(frame->node->parent, function, 0);
	frame->node->entries += counting;
	frame->function = function;
}

static bool same(const struct function *one, const struct function *other)
{
	return one == other || (one->number == other->number && one->address >= XEN_START &&
				other->address >= XEN_START);
}

/* After a return: drop the frames that it leaves; whether it is known where to */
static bool returned(struct task *task, u64 address, int bottom)
{
	int depth = task->depth;
	int end = depth > RETURNS ? depth - RETURNS : 0;

	while (--depth >= end && depth >= bottom) {
		if (task->frames[depth].came == CALLED && task->frames[depth].back == address) {
			task->depth = depth;
			return true;
		}
		/* No return leaves what Xen has interrupted. */
		if (task->frames[depth].came != CALLED)
			break;
	}
	return false;
}

/* Back from an exception or an interrupt, to the function that it interrupted */
static bool resumed(struct task *task, const struct function *function)
{
	int depth;

	for (depth = task->depth - 1; depth > 0; depth--) {
		if (task->frames[depth].came == ENTERED &&
		    same(task->frames[depth - 1].function, function)) {
			task->depth = depth;
			return true;
		}
	}
	return false;
}

/* From one instruction to the next, both of Linux or both of Xen */
static void follow(struct task *task, const struct instruction *last,
		   const struct instruction *insn, int bottom)
{
	struct frame *frame;

	if (last->kind == CALL && insn->start) {
		push(task, insn->function, CALLED, last->address + last->size, 0);
		return;
	}
	if (last->kind == RETURN)
		returned(task, insn->address, bottom);
	frame = top(task);
	/* The return that a function jumps to is its own. */
	if (frame && insn->function->thunk)
		return;
	if (!frame || !same(frame->function, insn->function))
		replace(task, insn->function);
}

static void restart(struct task *task, const struct function *function)
{
	task->depth = 0;
	push(task, function, ENTERED, 0, 0);
}

/* --- into Xen, and out of it --- */

static void enter_xen(struct cpu *cpu, const struct instruction *insn)
{
	const struct instruction *last = cpu->last;
	unsigned int stay = STAY_OTHER + insn->function->number;

	if (last && last->kind == SYSCALL)
		stay = last->side == USER ? STAY_SYSCALL : cpu->hypercall % STAY_SYSCALL;
	cpu->left = last;
	cpu->outside = cpu->task->depth;
	push(cpu->task, insn->function, STAY, 0, stay + 1);
	push(cpu->task, insn->function, CALLED, 0, 0);
}

static void leave_xen(struct cpu *cpu)
{
	if (cpu->task->depth > cpu->outside)
		cpu->task->depth = cpu->outside;
	cpu->last = cpu->left;
	cpu->left = NULL;
	cpu->outside = 0;
}

/* The first instruction of Linux after Xen */
static void enter_linux(struct cpu *cpu, const struct instruction *insn)
{
	struct task *task = cpu->task;
	struct frame *frame = top(task);
	bool called = cpu->last && cpu->last->kind == CALL && insn->start;

	if (insn->start && insn->function->entry)
		push(task, insn->function, ENTERED, 0, 0);
	else if (frame && same(frame->function, insn->function) && !called)
		return;
	else if (!called && resumed(task, insn->function))
		return;
	else if (cpu->last)
		follow(task, cpu->last, insn, 0);
	else
		replace(task, insn->function);
}

static void step(struct cpu *cpu, const struct instruction *insn)
{
	bool was_xen = cpu->left || cpu->outside;

	if (insn->side == XEN) {
		if (!was_xen && !(cpu->last && cpu->last->side == XEN))
			enter_xen(cpu, insn);
		else if (cpu->last)
			follow(cpu->task, cpu->last, insn, cpu->outside + 1);
		return;
	}
	if (was_xen)
		leave_xen(cpu);
	if (insn->side == USER) {
		if (cpu->task->depth != 1 || cpu->task->frames[0].function != &user)
			restart(cpu->task, &user);
	} else if (insn->start && insn->function->new_task) {
		restart(cpu->task, insn->function);
	} else if (was_xen) {
		enter_linux(cpu, insn);
	} else if (cpu->last) {
		follow(cpu->task, cpu->last, insn, 0);
	} else {
		replace(cpu->task, insn->function);
	}
}

/* --- what plugin.c calls --- */

static struct task *new_task(u64 key)
{
	struct task *task;

	if (nr_tasks == TASKS)
		return tasks[0];
	task = calloc(1, sizeof(*task));
	if (!task)
		abort();
	task->key = key;
	tasks[nr_tasks++] = task;
	return task;
}

static struct task *task_of(u64 key)
{
	unsigned int i;

	for (i = 0; i < nr_tasks; i++)
		if (tasks[i]->key == key)
			return tasks[i];
	return new_task(key);
}

void access_memory(unsigned int vcpu, u64 address, struct instruction *insn)
{
	struct cpu *cpu = &cpus[vcpu % CPUS];
	unsigned int i;

	if (!cpu->task)
		return;
	if (insn->kind == LOADS_STACK) {
		/* The offset within a task is the same for both. */
		cpu->task = task_of(address);
	} else if (insn->kind == SAVES_STACK && cpu->task->key != address) {
		for (i = 0; i < nr_tasks; i++)
			if (tasks[i]->key == address)
				tasks[i]->key = 0;
		cpu->task->key = address;
	}
}

void hypercall(unsigned int vcpu, u32 number)
{
	cpus[vcpu % CPUS].hypercall = number;
}

static void mark_clock(void)
{
	counting = !counting;
	if (counting)
		forget(root.child);
	else
		write_round();
}

void count_the_boot(void)
{
	boot = BEFORE;
}

/* Xen's own boot is none of it. */
static void look_at_boot(const struct instruction *insn)
{
	if (boot == BEFORE && insn->side == LINUX) {
		boot = BOOTING;
		counting = true;
	} else if (boot == BOOTING && insn->side == USER) {
		boot = NO_BOOT;
		counting = false;
		write_round();
	}
}

void execute(unsigned int vcpu, struct instruction *insn)
{
	struct cpu *cpu = &cpus[vcpu % CPUS];
	struct frame *frame;

	if (boot)
		look_at_boot(insn);
	if (!cpu->task)
		cpu->task = new_task(0);
	step(cpu, insn);
	frame = top(cpu->task);
	frame->node->instructions += counting;
	if (insn->kind == MARKED && insn->value == MARK_CLOCK)
		mark_clock();
	cpu->last = insn;
}
