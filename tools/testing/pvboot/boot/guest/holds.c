// SPDX-License-Identifier: GPL-2.0
/*
 * holds: what is written into so much memory can be read.
 *
 *	holds MIB
 *
 * A file without a disk, each word of which is its own place: two pages that share a
 * frame, or a frame that is not there, show.  All of it is written before any of it is
 * read.  Says how many pages are wrong, and ends with 1 where there are any.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW		(8UL << 20)	/* what is mapped at a time */
#define PAGE_WORDS	(4096 / sizeof(uint64_t))
#define WINDOW_WORDS	(WINDOW / sizeof(uint64_t))
#define MIB_MAX		(1UL << 20)

static uint64_t *map_window(int fd, unsigned long window)
{
	void *at = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			(off_t)window * WINDOW);

	if (at == MAP_FAILED) {
		perror("holds: mmap");
		exit(2);
	}
	return at;
}

static void fill(int fd, unsigned long window)
{
	uint64_t *words = map_window(fd, window);
	uint64_t first = window * (uint64_t)WINDOW_WORDS;
	unsigned long i;

	for (i = 0; i < WINDOW_WORDS; i++)
		words[i] = ~(first + i);
	munmap(words, WINDOW);
}

static bool page_is_right(const uint64_t *page, uint64_t first)
{
	unsigned long i;

	for (i = 0; i < PAGE_WORDS; i++)
		if (page[i] != ~(first + i))
			return false;
	return true;
}

static unsigned long wrong_pages(int fd, unsigned long window)
{
	uint64_t *words = map_window(fd, window);
	uint64_t first = window * (uint64_t)WINDOW_WORDS;
	unsigned long i, wrong = 0;

	for (i = 0; i < WINDOW_WORDS; i += PAGE_WORDS)
		wrong += !page_is_right(words + i, first + i);
	munmap(words, WINDOW);
	return wrong;
}

static unsigned long windows_of(const char *argument)
{
	char *end;
	unsigned long mib;

	errno = 0;
	mib = strtoul(argument, &end, 10);
	if (errno || *end || end == argument || mib < 8 || mib > MIB_MAX) {
		fprintf(stderr, "holds: MIB is 8 to %lu, not '%s'\n", MIB_MAX, argument);
		exit(2);
	}
	return mib / 8;
}

int main(int argc, char **argv)
{
	unsigned long window, windows, wrong = 0;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "use: holds MIB\n");
		return 2;
	}
	windows = windows_of(argv[1]);
	fd = memfd_create("holds", 0);
	if (fd < 0 || ftruncate(fd, (off_t)windows * WINDOW)) {
		perror("holds: memfd");
		return 2;
	}
	for (window = 0; window < windows; window++)
		fill(fd, window);
	for (window = 0; window < windows; window++)
		wrong += wrong_pages(fd, window);
	printf("# of %lu pages %lu are wrong\n", windows * WINDOW / 4096, wrong);
	return wrong ? 1 : 0;
}
