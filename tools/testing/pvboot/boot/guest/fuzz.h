/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz_frames: what its files have in common.
 */
#ifndef GUEST_FUZZ_H
#define GUEST_FUZZ_H

#include "guest_test.h"

#define CPUS_MAX	64
#define LDT_ENTRIES_USED 8
#define CODE_SIZE	4096
#define VICTIM_STACK	(64 * 1024)

/**
 * struct shared - what victims and drivers leave for the first process
 * @seed:	of all random numbers
 * @stop:	the drivers are to end
 * @started:	victims of each CPU
 * @killed:	those that lasted too long
 * @frames:	how many frames were made, of all kinds
 * @stuck:	a victim did not end when it was killed
 * @masked_ip:	where a frame of user mode had IF clear; 0: none had
 * @masked_flags: the flags of that frame
 * @masked_round: its victim's number
 */
struct shared {
	u64 seed;
	volatile int stop;
	volatile unsigned int started[CPUS_MAX];
	volatile unsigned int killed[CPUS_MAX];
	volatile unsigned int frames;
	volatile int stuck;
	volatile unsigned long masked_ip;
	volatile unsigned long masked_flags;
	volatile unsigned int masked_round;
};

extern struct shared *shared;

/* fuzz_random.c: what follows from the seed */
extern unsigned int entry_count;
void seed_for(unsigned int cpu, unsigned int round);
u64 next(void);
unsigned int below(unsigned int n);
unsigned long address(void);
unsigned int selector(void);
unsigned int code_selector(void);
unsigned long call_number(void);
void find_entries(void);

/* fuzz_code.c: instructions, in a page with nothing behind it */
extern unsigned char *code_page;
int map_code_page(void);
unsigned long instruction_pointer(void);

/* fuzz_victim.c, and the two kinds of victims */
void victim(unsigned int cpu, unsigned int round);
void note_frame(unsigned long ip, unsigned long flags);
void change_ldt(void);
extern char victim_stack[VICTIM_STACK];
void by_sigreturn(void);
void by_ptrace(void);

/* fuzz_cpu.c: whether a CPU is well */
bool is_well(int cpu, int other);

/* fuzz_frames.c */
bool ends_within(pid_t pid, double seconds, int *status);

#endif /* GUEST_FUZZ_H */
