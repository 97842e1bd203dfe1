// SPDX-License-Identifier: GPL-2.0
/*
 * Feeds stacks.c from standard input, for test_profile.py, as QEMU would:
 *
 *	feed_stacks SYMBOLS PREFIX [boot]
 *
 * A line is an instruction: vCPU, address, bytes, and one more number, all but the first
 * in hexadecimal.  The last is the hypercall's where the instruction is SYSCALL, and the
 * address in memory where Linux changes stacks.
 */
#include <stdio.h>
#include <string.h>

#include "stacks.h"

static size_t read_bytes(const char *text, unsigned char *bytes)
{
	size_t count;

	for (count = 0; count < 15; count++)
		if (sscanf(text + 2 * count, "%2hhx", &bytes[count]) != 1)
			break;
	return count;
}

static void feed(unsigned int vcpu, u64 address, const char *text, u64 number)
{
	unsigned char bytes[16] = { 0 };
	size_t size = read_bytes(text, bytes);
	struct instruction *insn = instruction_at(address, bytes, size);

	if (insn->kind == SYSCALL && insn->side == LINUX)
		hypercall(vcpu, number);
	execute(vcpu, insn);
	if (insn->kind == SAVES_STACK || insn->kind == LOADS_STACK)
		access_memory(vcpu, number, insn);
}

int main(int argc, char **argv)
{
	u64 address, number;
	unsigned int vcpu;
	char text[32];

	if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "boot")))
		return 2;
	if (!load_symbols(argv[1]) || !write_rounds_to(argv[2]))
		return 2;
	if (argc == 4)
		count_the_boot();
	while (scanf("%u %llx %31s %llx", &vcpu, &address, text, &number) == 4)
		feed(vcpu, address, text, number);
	return feof(stdin) ? 0 : 2;
}
