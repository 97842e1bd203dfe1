// SPDX-License-Identifier: GPL-2.0
/*
 * Counts tenths of a second on each CPU, through a suspend, and watches the
 * clocks meanwhile.  It has an event channel, too, as programs have that talk to
 * others: where its domain was restored that is bound no more, and nobody may be
 * the worse for it when it ends.
 *
 *   ticks DIRECTORY CPU...
 *
 * DIRECTORY/CPU has a line "TICKS ON BACK": how often the thread bound to that
 * CPU has woken up, on which CPU it was then, and by how many nanoseconds a
 * clock has gone back at most, as seen from any CPU.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Linux's uapi/xen/evtchn.h */
struct ioctl_evtchn_bind_unbound_port {
	unsigned int remote_domain;
};

#define IOCTL_EVTCHN_BIND_UNBOUND_PORT \
	_IOC(_IOC_NONE, 'E', 2, sizeof(struct ioctl_evtchn_bind_unbound_port))

#define TENTH	100000000L
#define SECOND	1000000000LL

static const clockid_t clocks[] = {
	CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,
};

#define CLOCKS	(sizeof(clocks) / sizeof(clocks[0]))

/* The latest that any thread has read of each clock; under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long latest[CLOCKS];
static long long back;

static int die(const char *what, int error)
{
	fprintf(stderr, "ticks: %s: %s\n", what, strerror(error));
	exit(1);
}

static void look_at(unsigned int i)
{
	struct timespec ts;
	long long now;

	if (clock_gettime(clocks[i], &ts))
		die("clock_gettime", errno);
	now = ts.tv_sec * SECOND + ts.tv_nsec;
	if (latest[i] - now > back)
		back = latest[i] - now;
	if (latest[i] < now)
		latest[i] = now;
}

static long long look_at_clocks(void)
{
	long long found;
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < CLOCKS; i++)
		look_at(i);
	found = back;
	pthread_mutex_unlock(&lock);
	return found;
}

/* At a fixed width, so that a line is never read half old and half new. */
static void write_line(int file, unsigned long ticks)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%12lu %4d %20lld\n", ticks,
			   sched_getcpu(), look_at_clocks());

	if (pwrite(file, line, len, 0) != len)
		die("write", errno);
}

static void *tick(void *name)
{
	const struct timespec tenth = { .tv_nsec = TENTH };
	int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	unsigned long ticks;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(atoi(name), &cpus);
	if (file < 0)
		die(name, errno);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity", errno);
	for (ticks = 0; ; ticks++) {
		write_line(file, ticks);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &tenth, NULL);
	}
	return NULL;
}

/* Bound until this ends */
static void have_channel(void)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = 0 };
	int file = open("/dev/xen/evtchn", O_RDWR);

	if (file < 0 || ioctl(file, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind) < 0)
		die("/dev/xen/evtchn", errno);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int i, rc;

	if (argc < 3) {
		fprintf(stderr, "usage: ticks DIRECTORY CPU...\n");
		return 2;
	}
	have_channel();
	if (chdir(argv[1]))
		die(argv[1], errno);
	for (i = 2; i < argc; i++) {
		rc = pthread_create(&thread, NULL, tick, argv[i]);
		if (rc)
			die("pthread_create", rc);
	}
	for (;;)
		pause();
}
