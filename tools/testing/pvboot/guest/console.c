// SPDX-License-Identifier: GPL-2.0
/* Lines on Xen's console, and the string functions that the core needs. */
#include "guest.h"

#define LINE	240

void *memset(void *to, int value, size_t size)
{
	u8 *byte = to;

	while (size--)
		*byte++ = value;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	u8 *t = to;
	const u8 *f = from;

	while (size--)
		*t++ = *f++;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const u8 *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

struct line {
	char text[LINE];
	unsigned int length;
};

/* The last place is the line feed's. */
static void put(struct line *line, char c)
{
	if (line->length < LINE - 1)
		line->text[line->length++] = c;
}

static void put_number(struct line *line, unsigned long value,
		       unsigned int base)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(line, digits[--n]);
}

static void put_string(struct line *line, const char *text)
{
	while (*text)
		put(line, *text++);
}

/**
 * say - one line on the console
 * @format: %s, %d, %u and %x; the numbers with l, too
 */
void say(const char *format, ...)
{
	struct line line = { .length = 0 };
	const char *c;
	va_list args;
	bool wide;
	long value;

	va_start(args, format);
	for (c = format; *c; c++) {
		if (*c != '%') {
			put(&line, *c);
			continue;
		}
		wide = *++c == 'l';
		if (wide)
			c++;
		if (*c == 's') {
			put_string(&line, va_arg(args, const char *));
			continue;
		}
		if (*c == 'd')
			value = wide ? va_arg(args, long) : va_arg(args, int);
		else
			value = wide ? va_arg(args, unsigned long) :
				       va_arg(args, unsigned int);
		if (*c == 'd' && value < 0) {
			put(&line, '-');
			value = -value;
		}
		put_number(&line, value, *c == 'x' ? 16 : 10);
	}
	va_end(args);

	line.text[line.length++] = '\n';
	hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, line.length,
		  (unsigned long)line.text, 0);
}
