// SPDX-License-Identifier: GPL-2.0
/*
 * foreign DOMID: where a program of dom0 may have a domain's frames mapped.
 *
 * Each place is tried with the first frames of its grant table: within the VMA of
 * /dev/xen/privcmd, beyond its end and below it.  Exits with 0 where the first are
 * mapped, and the others are refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define MIB		(1UL << 20)
#define PAGE		4096UL
#define PAGES		2

/* Xen's public/memory.h */
#define XENMEM_RESOURCE_GRANT_TABLE	1

/* Linux's uapi/xen/privcmd.h */
struct privcmd_mmap_resource {
	uint16_t dom;
	uint32_t type, id, idx;
	uint64_t num, addr;
};

#define IOCTL_PRIVCMD_MMAP_RESOURCE \
	_IOC(_IOC_NONE, 'P', 7, sizeof(struct privcmd_mmap_resource))

static int privcmd;
static unsigned int domid;

static int end(const char *what, int error)
{
	printf("%s: %s\n", what, strerror(error));
	return 1;
}

/* Return: 0 or errno */
static int map(unsigned int nr, const char *where)
{
	struct privcmd_mmap_resource resource = {
		.dom = (uint16_t)domid,
		.type = XENMEM_RESOURCE_GRANT_TABLE,
		.num = nr,
		.addr = (uintptr_t)where,
	};

	return ioctl(privcmd, IOCTL_PRIVCMD_MMAP_RESOURCE, &resource) ? errno : 0;
}

/* A VMA of privcmd's with nothing else within 4 MiB on either side */
static char *map_privcmd(void)
{
	char *hole = mmap(NULL, 12 * MIB, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (hole == MAP_FAILED || munmap(hole, 12 * MIB))
		return MAP_FAILED;
	return mmap(hole + 6 * MIB, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, privcmd, 0);
}

int main(int argc, char **argv)
{
	char *area;
	int rc;

	if (argc != 2) {
		fputs("usage: foreign DOMID\n", stderr);
		return 2;
	}
	domid = (unsigned int)strtoul(argv[1], NULL, 10);

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0)
		return end("/dev/xen/privcmd", errno);
	area = map_privcmd();
	if (area == MAP_FAILED)
		return end("mmap", errno);

	rc = map(PAGES, area);
	if (rc)
		return end("all of the VMA is refused", rc);
	rc = map(PAGES, area + PAGE);
	if (rc != EINVAL)
		return end("beyond the end of the VMA", rc);
	rc = map(1, area - 4 * MIB);
	if (rc != EINVAL)
		return end("below the VMA", rc);
	return 0;
}
