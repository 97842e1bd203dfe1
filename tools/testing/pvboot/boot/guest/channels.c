// SPDX-License-Identifier: GPL-2.0
/*
 * channels: a CPU comes online in a domain that has no event channels left.
 *
 *	channels N	all but N of them are in use
 *
 * A CPU needs some for its timer and for IPIs.  Where there are fewer, it has
 * to stay offline, with an error for who asked and with nothing left behind;
 * once there are enough again it has to come online.
 *
 * Takes them by hypercalls, through privcmd: no driver of Linux knows of them.
 * xen.fifo_events=0 makes it 4096; to use 131072 of them up takes too long.
 * Does so for the last CPU.  Prints KTAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

/* Xen's public/event_channel.h and xen.h */
#define HYPERVISOR_EVENT_CHANNEL_OP	32
#define EVTCHNOP_CLOSE			3
#define EVTCHNOP_ALLOC_UNBOUND		6
#define DOMID_SELF			0x7ff0
#define PORTS_MIN			(WIDTH == 64 ? 3000 : 900)	/* as many are there */
#define PORTS_MAX			4096	/* with the 2-level ABI */

struct evtchn_alloc_unbound {
	u16 dom, remote_dom;
	u32 port;
};

/* Linux's uapi/xen/privcmd.h */
struct privcmd_hypercall {
	u64 op;
	u64 arg[5];
};

#define IOCTL_PRIVCMD_HYPERCALL \
	_IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))

static int privcmd = -1;
static u32 ports[PORTS_MAX];
static unsigned int nr_ports;

static int event_channel_op(unsigned int cmd, void *arg)
{
	struct privcmd_hypercall call = {
		.op = HYPERVISOR_EVENT_CHANNEL_OP,
		.arg = { cmd, (uintptr_t)arg },
	};

	return ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

/* Return: 0 when there is none left, or an error */
static int take_all(void)
{
	struct evtchn_alloc_unbound alloc;

	while (nr_ports < PORTS_MAX) {
		alloc = (struct evtchn_alloc_unbound){
			.dom = DOMID_SELF,
			.remote_dom = DOMID_SELF,
		};
		if (event_channel_op(EVTCHNOP_ALLOC_UNBOUND, &alloc))
			return errno == ENOSPC ? 0 : errno;
		ports[nr_ports++] = alloc.port;
	}
	return 0;
}

static int give_back(unsigned int nr)
{
	while (nr-- && nr_ports)
		if (event_channel_op(EVTCHNOP_CLOSE, &ports[--nr_ports]))
			return errno;
	return 0;
}

/* A CPU without a timer does not return from this. */
static bool sleeps_on(int cpu)
{
	const struct timespec ms = { .tv_nsec = 10 * 1000000 };

	return !pin_to(cpu) && !nanosleep(&ms, NULL) && sched_getcpu() == cpu &&
	       !pin_to(0);
}

/*
 * A kernel that keeps the channels of a CPU that is off needs no others; one that was
 * never on has none.
 */
static bool is_refused_or_works(int cpu, unsigned int left, bool was_on)
{
	int rc = take_all();

	if (!rc && nr_ports < PORTS_MIN)
		rc = ERANGE;
	if (!rc)
		rc = give_back(left);
	if (rc) {
		printf("# %u channels taken: %s\n", nr_ports, strerror(rc));
		return false;
	}
	printf("# %u channels taken, %u left\n", nr_ports, left);
	fflush(stdout);
	rc = set_online(cpu, true);
	printf("# it says: %s\n", strerror(-rc));
	if (!rc)
		return was_on && sleeps_on(cpu) && !set_online(cpu, false);
	return rc == -ENOSPC;
}

/* What the first attempt left behind would show here. */
static bool comes_online(int cpu)
{
	int rc = set_online(cpu, true);

	if (rc)
		printf("# %s\n", strerror(-rc));
	return !rc && sleeps_on(cpu);
}

static bool verdict(unsigned int number, int cpu, const char *what, bool good)
{
	printf("%sok %u cpu%d_%s\n", good ? "" : "not ", number, cpu, what);
	fflush(stdout);
	return good;
}

int main(int argc, char **argv)
{
	unsigned int left = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;
	int cpu = sysconf(_SC_NPROCESSORS_CONF) - 1;
	bool was_on = sysconf(_SC_NPROCESSORS_ONLN) > cpu;
	bool good;

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0) {
		fprintf(stderr, "channels: no /dev/xen/privcmd\n");
		return 2;
	}
	/* Xen does not fault pages in */
	if (mlockall(MCL_CURRENT) || pin_to(0) || cpu < 1 ||
	    set_online(cpu, false)) {
		fprintf(stderr, "channels: CPU %d does not go off\n", cpu);
		return 2;
	}
	printf("KTAP version 1\n1..2\n");
	good = verdict(1, cpu, "is_refused_or_works",
		       is_refused_or_works(cpu, left, was_on));
	if (give_back(nr_ports)) {
		printf("# channels are left\n");
		good = false;
	}
	good &= verdict(2, cpu, "comes_online", comes_online(cpu));
	return good ? 0 : 1;
}
