// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that make the kernel copy, in both directions, from and to
 * buffers at every alignment, with guard bytes on both sides.  A kernel that
 * runs with DF set writes below its buffer, and the guards tell.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "entry.h"

#define GUARD		0xa5
#define GUARD_SIZE	256
#define DATA_MAX	5000
#define AREA_SIZE	(GUARD_SIZE + 64 + DATA_MAX + GUARD_SIZE)

#define ARGS(...)	((const unsigned long[6]) { __VA_ARGS__ })
#define PTR(p)		((unsigned long)(p))

/* i386's struct iovec and struct msghdr, as a 64-bit program sees them */
struct iovec32 {
	u32 base;
	u32 len;
};

struct msghdr32 {
	u32 name;
	s32 namelen;
	u32 iov;
	u32 iovlen;
	u32 control;
	u32 controllen;
	u32 flags;
};

/* In the program's image: below 4 GiB, where i386 pointers reach. */
static unsigned char source[AREA_SIZE] __attribute__((aligned(64)));
static unsigned char target[AREA_SIZE] __attribute__((aligned(64)));

/* What every step needs: the way in, the flags, the pair to copy through. */
struct copy {
	const struct kernel_entry *entry;
	unsigned long flags;
	int fds[2];
};

/* One geometry: length, and the offsets of the two buffers from 64 bytes. */
static const struct shape {
	unsigned int len;
	unsigned int from;
	unsigned int to;
} shapes[] = {
	{ 1, 1, 1 }, { 3, 7, 2 }, { 7, 1, 5 }, { 8, 3, 0 }, { 9, 0, 7 },
	{ 31, 13, 3 }, { 64, 1, 63 }, { 65, 63, 1 }, { 127, 5, 5 },
	{ 255, 17, 9 }, { 1000, 3, 11 }, { 2049, 33, 31 }, { 4000, 61, 1 },
};

static unsigned char *fill(unsigned char *area, unsigned int offset,
			   unsigned int len, unsigned int seed)
{
	unsigned char *data = area + GUARD_SIZE + offset;
	unsigned int i;

	memset(area, GUARD, AREA_SIZE);
	for (i = 0; i < len; i++)
		data[i] = (unsigned char)(i * 7 + seed);
	return data;
}

static unsigned char *blank(unsigned int offset)
{
	memset(target, GUARD, AREA_SIZE);
	return target + GUARD_SIZE + offset;
}

static enum verdict check_guards(const char *what, unsigned int offset,
				 unsigned int len)
{
	unsigned int i;

	for (i = 0; i < GUARD_SIZE + offset; i++)
		if (target[i] != GUARD)
			return fail("%s wrote %u bytes below its buffer", what,
				    GUARD_SIZE + offset - i);
	for (i = GUARD_SIZE + offset + len; i < AREA_SIZE; i++)
		if (target[i] != GUARD)
			return fail("%s wrote beyond its buffer", what);
	return PASS;
}

static enum verdict check_data(const char *what, const void *expect,
			       unsigned int offset, unsigned int len)
{
	if (memcmp(target + GUARD_SIZE + offset, expect, len))
		return fail("%s: wrong data, %u bytes at offset %u", what, len,
			    offset);
	return check_guards(what, offset, len);
}

/* The call, and its result as the program's own width has it. */
static enum verdict call(const struct copy *copy, const char *what,
			 enum call_name name, const unsigned long *arg,
			 long expect)
{
	long result = enter(copy->entry, copy->flags, name, arg, NULL);

	if (result != expect)
		return fail("%s returned %ld instead of %ld", what, result,
			    expect);
	return PASS;
}

static const void *vector(const struct copy *copy, void *const base[2],
			  const unsigned int len[2])
{
	static struct iovec32 narrow[2];
	static struct iovec native[2];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		narrow[i].base = (u32)PTR(base[i]);
		narrow[i].len = len[i];
		native[i].iov_base = base[i];
		native[i].iov_len = len[i];
	}
	return copy->entry->i386_abi ? (void *)narrow : (void *)native;
}

static enum verdict copy_pipe(const struct copy *copy, const struct shape *s)
{
	unsigned char *from = fill(source, s->from, s->len, s->to);
	unsigned char *to = blank(s->to);

	if (call(copy, "write", NR_WRITE,
		 ARGS(copy->fds[1], PTR(from), s->len), s->len) ||
	    call(copy, "read", NR_READ,
		 ARGS(copy->fds[0], PTR(to), s->len), s->len))
		return FAIL;
	return check_data("pipe", from, s->to, s->len);
}

static enum verdict copy_vector(const struct copy *copy, const struct shape *s)
{
	unsigned char *from = fill(source, s->from, s->len, s->to + 1);
	unsigned char *to = blank(s->to);
	const unsigned int len[2] = { s->len / 3, s->len - s->len / 3 };

	if (call(copy, "writev", NR_WRITEV,
		 ARGS(copy->fds[1],
		      PTR(vector(copy, (void *[]) { from, from + len[0] },
				 len)), 2), s->len) ||
	    call(copy, "readv", NR_READV,
		 ARGS(copy->fds[0],
		      PTR(vector(copy, (void *[]) { to, to + len[0] }, len)),
		      2), s->len))
		return FAIL;
	return check_data("vector", from, s->to, s->len);
}

static enum verdict copy_vm(const struct copy *copy, const struct shape *s)
{
	unsigned char *from = fill(source, s->from, s->len, s->to + 2);
	unsigned char *to = blank(s->to);
	const unsigned int len[2] = { s->len, s->len };
	void *const both[2] = { to, from };
	const char *local = vector(copy, both, len);
	const char *remote = local + (copy->entry->i386_abi ?
				      sizeof(struct iovec32) :
				      sizeof(struct iovec));

	if (call(copy, "process_vm_readv", NR_VM_READV,
		 ARGS(getpid(), PTR(local), 1, PTR(remote), 1, 0), s->len))
		return FAIL;
	return check_data("process_vm_readv", from, s->to, s->len);
}

/* A kernel may be configured without them. */
static bool has_vm_calls(void)
{
	return !process_vm_readv(getpid(), NULL, 0, NULL, 0, 0);
}

static const void *message(const struct copy *copy, const void *iov)
{
	static struct msghdr32 narrow;
	static struct msghdr native;

	memset(&narrow, 0, sizeof(narrow));
	memset(&native, 0, sizeof(native));
	narrow.iov = (u32)PTR(iov);
	narrow.iovlen = 2;
	native.msg_iov = (struct iovec *)iov;
	native.msg_iovlen = 2;
	return copy->entry->i386_abi ? (void *)&narrow : (void *)&native;
}

static enum verdict copy_message(const struct copy *copy,
				 const struct shape *s)
{
	unsigned char *from = fill(source, s->from, s->len, s->to + 3);
	unsigned char *to = blank(s->to);
	const unsigned int len[2] = { s->len / 2, s->len - s->len / 2 };
	void *const out[2] = { from, from + len[0] };
	void *const in[2] = { to, to + len[0] };

	if (call(copy, "sendmsg", NR_SENDMSG,
		 ARGS(copy->fds[1], PTR(message(copy, vector(copy, out, len)))),
		 s->len) ||
	    call(copy, "recvmsg", NR_RECVMSG,
		 ARGS(copy->fds[0], PTR(message(copy, vector(copy, in, len)))),
		 s->len) ||
	    check_data("message", from, s->to, s->len))
		return FAIL;

	to = blank(s->to);
	if (call(copy, "sendto", NR_SENDTO,
		 ARGS(copy->fds[1], PTR(from), s->len), s->len) ||
	    call(copy, "recvfrom", NR_RECVFROM,
		 ARGS(copy->fds[0], PTR(to), s->len), s->len))
		return FAIL;
	return check_data("datagram", from, s->to, s->len);
}

static enum verdict for_all_shapes(struct copy *copy,
				   enum verdict (*step)(const struct copy *,
							const struct shape *))
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		if (step(copy, &shapes[i]))
			return FAIL;
	return PASS;
}

static enum verdict copy_uname(const struct copy *copy)
{
	struct utsname expect;
	unsigned int offset;

	uname(&expect);
	for (offset = 0; offset < 9; offset++) {
		unsigned char *to = blank(offset);

		if (call(copy, "uname", NR_UNAME, ARGS(PTR(to)), 0) ||
		    check_data("uname", &expect, offset, sizeof(expect)))
			return FAIL;
	}
	return PASS;
}

static enum verdict copy_cwd(const struct copy *copy)
{
	char expect[256];
	unsigned int offset;
	long len;

	if (chdir("/proc/self/fd") || !getcwd(expect, sizeof(expect)))
		return fail("no directory to be in");
	len = (long)strlen(expect) + 1;
	for (offset = 0; offset < 9; offset++) {
		unsigned char *to = blank(offset);

		if (call(copy, "getcwd", NR_GETCWD, ARGS(PTR(to), DATA_MAX),
			 len) ||
		    check_data("getcwd", expect, offset, len))
			return FAIL;
	}
	return PASS;
}

/* A file that the kernel prints into a page of its own first. */
static enum verdict copy_proc(const struct copy *copy)
{
	unsigned char expect[512];
	unsigned int offset;
	long len;
	int fd;

	fd = open("/proc/version", O_RDONLY);
	len = read(fd, expect, sizeof(expect));
	if (len <= 0)
		return fail("no /proc/version");
	for (offset = 0; offset < 9; offset++) {
		unsigned char *to = blank(offset);

		if (call(copy, "pread64", NR_PREAD64,
			 ARGS(fd, PTR(to), sizeof(expect)), len) ||
		    check_data("pread64", expect, offset, len))
			return FAIL;
	}
	close(fd);
	return PASS;
}

/* Strings: one that the kernel looks for the end of, one that it writes. */
static enum verdict copy_name(const struct copy *copy)
{
	static const char expect[16] = "fifteen letters";
	unsigned int offset;

	for (offset = 0; offset < 9; offset++) {
		unsigned char *from = fill(source, offset, 0, 0);
		unsigned char *to = blank(offset);

		memcpy(from, expect, sizeof(expect));
		if (call(copy, "prctl", NR_PRCTL,
			 ARGS(PR_SET_NAME, PTR(from)), 0) ||
		    call(copy, "prctl", NR_PRCTL,
			 ARGS(PR_GET_NAME, PTR(to)), 0) ||
		    check_data("prctl", expect, offset, sizeof(expect)))
			return FAIL;
	}
	return PASS;
}

static void close_pair(const struct copy *copy)
{
	close(copy->fds[0]);
	close(copy->fds[1]);
}

/**
 * check_copies() - have the kernel copy through an entry, with flags set
 * @entry:	the way in
 * @flags:	EFLAGS bits to set at each call
 *
 * Return: PASS, or FAIL with a diagnostic line.
 */
enum verdict check_copies(const struct kernel_entry *entry,
			  unsigned long flags)
{
	struct copy copy = { .entry = entry, .flags = flags };

	if (pipe(copy.fds))
		return fail("no pipe");
	if (for_all_shapes(&copy, copy_pipe) ||
	    for_all_shapes(&copy, copy_vector))
		return FAIL;
	if (has_vm_calls() && for_all_shapes(&copy, copy_vm))
		return FAIL;
	close_pair(&copy);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, copy.fds))
		return fail("no socket pair");
	if (for_all_shapes(&copy, copy_message))
		return FAIL;
	close_pair(&copy);
	if (copy_uname(&copy) || copy_cwd(&copy) || copy_proc(&copy) ||
	    copy_name(&copy))
		return FAIL;
	return PASS;
}
