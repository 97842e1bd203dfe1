// SPDX-License-Identifier: GPL-2.0
/*
 * Counts tenths of a second on each CPU, through a suspend, and watches the
 * clocks meanwhile.  It has two event channels, too, as programs have that talk to
 * others: where its domain was restored these are bound no more, and nobody may be
 * the worse for it when they are given up: the one by unbinding it, while another
 * channel has its number, the other one by the end of this program.
 *
 *   ticks [--no-channels] DIRECTORY CPU...
 *
 * SIGTERM ends it, with a status other than 0 where a channel was the worse.
 *
 * DIRECTORY/CPU has a line "TICKS ON BACK": how often the thread bound to that
 * CPU has woken up, on which CPU it was then, and by how many nanoseconds a
 * clock has gone back at most, as seen from any CPU.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Linux's uapi/xen/evtchn.h; a port is what is returned */
struct bind_unbound {
	unsigned int remote_domain;
};

struct bind_interdomain {
	unsigned int remote_domain, remote_port;
};

struct port {
	unsigned int port;
};

#define BIND_INTERDOMAIN	_IOC(_IOC_NONE, 'E', 1, sizeof(struct bind_interdomain))
#define BIND_UNBOUND		_IOC(_IOC_NONE, 'E', 2, sizeof(struct bind_unbound))
#define UNBIND			_IOC(_IOC_NONE, 'E', 3, sizeof(struct port))
#define NOTIFY			_IOC(_IOC_NONE, 'E', 4, sizeof(struct port))

#define MOST_PORTS	64
#define DOMID_SELF	0x7ff0U

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

/*
 * Channels
 */

static int open_channels(void)
{
	int file = open("/dev/xen/evtchn", O_RDWR);

	if (file < 0)
		die("/dev/xen/evtchn", errno);
	return file;
}

/* A port that waits for somebody to connect to it: this domain itself, here */
static unsigned int have_channel(int file)
{
	struct bind_unbound bind = { .remote_domain = DOMID_SELF };
	int port = ioctl(file, BIND_UNBOUND, &bind);

	if (port < 0)
		die("bind a port", errno);
	return port;
}

/* Whether a new channel has got that number, which it has not while that is bound */
static bool got_number(int file, unsigned int number)
{
	unsigned int i;

	for (i = 0; i < MOST_PORTS; i++)
		if (have_channel(file) == number)
			return true;
	return false;
}

static void notify(int file, unsigned int number)
{
	struct bind_interdomain bind = {
		.remote_domain = DOMID_SELF, .remote_port = number,
	};
	struct port port;
	int other = ioctl(file, BIND_INTERDOMAIN, &bind);

	if (other < 0)
		die("connect a port", errno);
	port.port = other;
	if (ioctl(file, NOTIFY, &port))
		die("notify", errno);
}

/* Whether an event comes by that channel, within a few seconds */
static bool comes(int file, unsigned int number)
{
	struct pollfd poll_in = { .fd = file, .events = POLLIN };
	unsigned int port;

	while (poll(&poll_in, 1, 5000) > 0 &&
	       read(file, &port, sizeof(port)) == sizeof(port))
		if (port == number)
			return true;
	return false;
}

/* Give a channel up whose number another one has by now. */
static int give_up(int file, unsigned int number)
{
	struct port port = { .port = number };
	int others = open_channels();
	bool restored = got_number(others, number);

	if (ioctl(file, UNBIND, &port))
		die("unbind", errno);
	if (!restored)
		return 0;
	notify(others, number);
	return comes(others, number) ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool channels = argc < 2 || strcmp(argv[1], "--no-channels");
	unsigned int first = 0;
	sigset_t end;
	pthread_t thread;
	int i, rc, file = -1;

	if (!channels) {
		argc--;
		argv++;
	}
	if (argc < 3) {
		fprintf(stderr, "usage: ticks [--no-channels] DIRECTORY CPU...\n");
		return 2;
	}
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	if (channels) {
		file = open_channels();
		first = have_channel(file);
		have_channel(file);
	}
	if (chdir(argv[1]))
		die(argv[1], errno);
	for (i = 2; i < argc; i++) {
		rc = pthread_create(&thread, NULL, tick, argv[i]);
		if (rc)
			die("pthread_create", rc);
	}
	sigwait(&end, &rc);
	return channels ? give_up(file, first) : 0;
}
