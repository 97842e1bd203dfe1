// SPDX-License-Identifier: GPL-2.0
/*
 * What more than one program of this directory needs.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest_test.h"

void set_handler(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = {
		.sa_sigaction = handler,
		.sa_flags = SA_SIGINFO | flags,
	};

	sigemptyset(&action.sa_mask);
	sigaction(sig, &action, NULL);
}

int pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Return: 0, or the negative errno of the kernel */
int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t written;
	int error;

	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	error = written < 0 ? -errno : 0;
	close(fd);
	return error;
}

/* Return: 0, or the negative errno of the kernel */
int set_online(int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return write_to(path, online ? "1" : "0");
}

/* Where they do, Xen takes the CPU away from a program that makes no system call. */
bool vcpus_share(void)
{
	return getenv("VCPUS_SHARE");
}

/* Return: seconds by CLOCK_MONOTONIC */
double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - then->tv_sec + (now.tv_nsec - then->tv_nsec) / 1e9;
}

/* Return: 0, or -1 with errno set; the supplementary groups go, too. */
int become_user(void)
{
	return setgroups(0, NULL) || setresgid(USER, USER, USER) ||
	       setresuid(USER, USER, USER) ? -1 : 0;
}

/* Return: the number behind a word that begins a line of a file; 0 without either */
unsigned long number_of(const char *path, const char *word)
{
	size_t length = strlen(word);
	unsigned long number = 0;
	char line[128];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, word, length))
			number = strtoul(line + length, NULL, 10);
	if (file)
		fclose(file);
	return number;
}
