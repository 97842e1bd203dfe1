// SPDX-License-Identifier: GPL-2.0
/*
 * What takes two CPUs: an interrupt from one to the other and back, and one
 * that goes off and comes on again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

/*
 * The kernel's own CPUID device sends CPU 1, which is idle, an interrupt and
 * sleeps; the answer comes with another interrupt.  Neither CPU spins.
 */
int measure_ipi(const char *name, unsigned int ops)
{
	struct stamp from, to;
	unsigned int words[4];
	unsigned int i;
	int device;

	if (pin(0))
		return failed("sched_setaffinity");
	device = open("/dev/cpu/1/cpuid", O_RDONLY);
	if (device < 0)
		return failed("/dev/cpu/1/cpuid");

	from = now();
	for (i = 0; i < ops; i++) {
		if (pread(device, words, sizeof(words), 0) != sizeof(words)) {
			close(device);
			return failed("/dev/cpu/1/cpuid");
		}
	}
	to = now();
	close(device);
	result(name, ops, from, to);
	return 0;
}

static int set_online(int file, const char *digit)
{
	return pwrite(file, digit, 1, 0) == 1 ? 0 : failed("online");
}

/*
 * Linux waits for RCU when it takes a CPU down, some ticks of the clock.  Told
 * to expedite, RCU makes that short, and what the architecture does is left.
 */
int measure_hotplug_quick(const char *name, unsigned int ops)
{
	int file = open("/sys/kernel/rcu_expedited", O_WRONLY);
	int rc;

	if (file < 0 || pwrite(file, "1", 1, 0) != 1)
		return failed("/sys/kernel/rcu_expedited");
	rc = measure_hotplug(name, ops);
	if (pwrite(file, "0", 1, 0) != 1)
		return failed("/sys/kernel/rcu_expedited");
	close(file);
	return rc;
}

/* The last CPU; three results: off, on, and both together */
int measure_hotplug(const char *name, unsigned int ops)
{
	struct stamp on, off, again;
	char path[60], part[60];
	unsigned int i;
	int file, rc = 0;

	if (pin(0))
		return failed("sched_setaffinity");
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpus_online() - 1);
	file = open(path, O_WRONLY);
	if (file < 0)
		return failed(path);

	for (i = 0; i < ops && !rc; i++) {
		on = now();
		rc = set_online(file, "0");
		off = now();
		rc = rc ? rc : set_online(file, "1");
		again = now();
		if (rc)
			break;
		snprintf(part, sizeof(part), "%s-off", name);
		result(part, 1, on, off);
		snprintf(part, sizeof(part), "%s-on", name);
		result(part, 1, off, again);
		result(name, 1, on, again);
	}
	close(file);
	return rc;
}
