// SPDX-License-Identifier: GPL-2.0
/*
 * A victim: an ordinary user with few rights, and what both kinds do.
 */
#include <asm/ldt.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuzz.h"

static unsigned int this_round;

/* Called for each frame of user mode that is seen: it has to have IF set. */
void note_frame(unsigned long ip, unsigned long flags)
{
	shared->frames++;
	if ((flags & FLAG_IF) || shared->masked_ip)
		return;
	shared->masked_round = this_round;
	shared->masked_flags = flags;
	shared->masked_ip = ip ? ip : 1;
}

void change_ldt(void)
{
	static const int functions[] = { 0x11, 0x11, 0x11, 1, 0, 2 };
	static char buffer[256];
	struct user_desc desc;
	unsigned int i;
	int function = functions[below(ARRAY_SIZE(functions))];

	for (i = 0; i < sizeof(desc); i++)
		((unsigned char *)&desc)[i] = (unsigned char)next();
	desc.entry_number = below(8) ? below(LDT_ENTRIES_USED) : (u32)next();
	if (below(2)) {
		desc.base_addr = below(2) ? 0 : (u32)address();
		desc.limit = below(2) ? 0xfffff : below(0x1000);
	}
	if (below(2)) {
		desc.seg_not_present = 0;
		desc.limit_in_pages = 1;
		desc.seg_32bit = 1;
	}
	plain_call(SYS_modify_ldt, function, function == 0x11 || function == 1 ?
		   (unsigned long)&desc : (unsigned long)buffer,
		   function == 0x11 || function == 1 ? sizeof(desc) :
		   sizeof(buffer));
}

static void limit(int what, rlim_t value)
{
	const struct rlimit limits = { .rlim_cur = value, .rlim_max = value };

	setrlimit(what, &limits);
}

void victim(unsigned int cpu, unsigned int round)
{
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, 1);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NPROC, 200);
	if (become_user())
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* ptrace asks for this, which a change of user takes away. */
	prctl(PR_SET_DUMPABLE, 1);
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	this_round = round;
	seed_for(cpu, round);
	if (below(4))
		by_sigreturn();
	else
		by_ptrace();
	_exit(0);
}
