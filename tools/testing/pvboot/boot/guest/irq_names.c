// SPDX-License-Identifier: GPL-2.0
/*
 * irq_names: what the kernel shows as the name of an interrupt's handler while
 * the CPU that the interrupt is for goes off.
 *
 * Anyone may read it: in /proc/interrupts, and in /sys/kernel/irq/N/actions,
 * which is quicker and so is read here, by a thread on another CPU, again and
 * again.  It has to be the name, or nothing.  Memory that was freed is seen with
 * slab_debug=P for sure.
 *
 * Takes CPU 1 off, and CPU 2 to read: it needs three.  Each round watches one of
 * the names.  Prints KTAP.
 */
#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest_test.h"

#define ROUNDS		60
#define IRQS_MAX	1024
#define NAME_MAX_LEN	64
#define CPU		1
#define READER		2

static const char *const kinds[] = {
	"resched", "callfunc", "callfuncsingle", "irqwork", "spinlock",
};

struct reader {
	int fd;
	char name[32];
	char odd[NAME_MAX_LEN];
	unsigned long reads;
	atomic_bool started, stop;
};

/* Return: length of what is there without the end of line, or -1 */
static int read_actions(int fd, char *text, size_t size)
{
	int length = pread(fd, text, size - 1, 0);

	if (length < 0)
		return -1;
	text[length] = '\0';
	while (length && text[length - 1] == '\n')
		text[--length] = '\0';
	return length;
}

static void *keep_reading(void *arg)
{
	struct reader *reader = arg;
	char text[NAME_MAX_LEN];

	if (pin_to(READER))
		return NULL;
	while (!reader->stop) {
		int length = read_actions(reader->fd, text, sizeof(text));

		reader->reads++;
		reader->started = true;
		if (length > 0 && strcmp(text, reader->name)) {
			memcpy(reader->odd, text, sizeof(text));
			break;
		}
	}
	return NULL;
}

static bool find_irq(struct reader *reader, const char *kind)
{
	char text[NAME_MAX_LEN], path[64];
	unsigned int irq;

	snprintf(reader->name, sizeof(reader->name), "%s%d", kind, CPU);
	for (irq = 0; irq < IRQS_MAX; irq++) {
		snprintf(path, sizeof(path), "/sys/kernel/irq/%u/actions", irq);
		reader->fd = open(path, O_RDONLY);
		if (reader->fd < 0)
			continue;
		if (read_actions(reader->fd, text, sizeof(text)) > 0 &&
		    !strcmp(text, reader->name))
			return true;
		close(reader->fd);
	}
	return false;
}

/*
 * Return: NULL, or what failed; @reader says what was shown.  Not every kernel
 * has each of the names.
 */
static const char *round_of(struct reader *reader, const char *kind)
{
	const char *problem = NULL;
	pthread_t thread;

	if (!find_irq(reader, kind))
		return NULL;
	reader->started = false;
	if (pthread_create(&thread, NULL, keep_reading, reader))
		return "no thread";
	while (!reader->started)
		usleep(100);
	if (set_online(CPU, false))
		problem = "the CPU does not go off";
	reader->stop = true;
	pthread_join(thread, NULL);
	close(reader->fd);
	if (set_online(CPU, true))
		problem = "the CPU does not come on";
	return problem;
}

static void print_odd(const struct reader *reader, unsigned int round)
{
	const char *c;

	printf("# round %u: %s is shown as ", round, reader->name);
	for (c = reader->odd; *c; c++) {
		if (isprint((unsigned char)*c))
			putchar(*c);
		else
			printf("\\x%02x", (unsigned char)*c);
	}
	putchar('\n');
}

static bool names_are_kept(void)
{
	const char *kind, *problem;
	struct reader reader;
	unsigned int round, watched = 0;

	for (round = 1; round <= ROUNDS; round++) {
		kind = kinds[round % ARRAY_SIZE(kinds)];
		memset(&reader, 0, sizeof(reader));
		problem = round_of(&reader, kind);
		if (problem) {
			printf("# round %u: %s%d: %s\n", round, kind, CPU,
			       problem);
			return false;
		}
		if (reader.odd[0]) {
			print_odd(&reader, round);
			return false;
		}
		watched += reader.started;
	}
	printf("# %u rounds with a name to watch\n", watched);
	return watched >= ROUNDS / 2;
}

int main(void)
{
	bool good;

	if (pin_to(READER) || pin_to(0)) {
		fprintf(stderr, "irq_names: there are fewer than 3 CPUs\n");
		return 2;
	}
	printf("KTAP version 1\n1..1\n");
	fflush(stdout);
	good = names_are_kept();
	printf("%sok 1 names_are_kept\n", good ? "" : "not ");
	return good ? 0 : 1;
}
