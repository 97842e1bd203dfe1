// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection: a chosen hypercall of start of day fails with a chosen
 * error, to test what follows from that.
 *
 * A rule is CALL[.COMMAND]:VCPU:ERRNO[:TIMES[:AFTER]], as in
 *
 *	vcpu_op.initialise:2:ENOMEM:3
 *
 * VCPU is Xen's number or "*".  ERRNO may be OK: the call is not made, and
 * reports success.  TIMES is how often it fails, by default always.  AFTER is
 * how many such calls are made before.  Rules are separated by commas.  They
 * come from the boot parameter xen_fail= and, later, from debugfs xen/fail,
 * which also shows how often each matched.
 *
 * The first rules are read before there is an allocator, so there is room for
 * a fixed number of them.
 */
#define pr_fmt(fmt) "xen: fail: " fmt

#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/cmdline.h>
#include <asm/setup.h>

#include <xen/xen.h>

#include "calls.h"
#include "pv.h"

#define MOST_RULES	32
#define MOST_TEXT	1024
#define MOST_VCPU	8191	/* more than any Xen gives a PV domain */
#define ANY_VCPU	(-1)
#define ALWAYS		(-1)

struct rule {
	const struct xen_pv_call *call;
	int vcpu;		/* Xen's number, or ANY_VCPU */
	int rc;			/* negative errno, or 0 */
	int times;		/* how often it still fails, or ALWAYS */
	unsigned int after;	/* calls that still go through before */
	unsigned int hits;
};

struct rules {
	struct rule rule[MOST_RULES];
	unsigned int nr;
};

static DEFINE_RAW_SPINLOCK(lock);
static struct rules rules;

/*
 * From words to rules
 */

static int parse_call(const char *text, struct rule *rule)
{
	const char *command = strchr(text, '.');
	size_t len = command ? command - text : strlen(text);
	unsigned int i;

	if (command)
		command++;
	for (i = 0; i < xen_pv_nr_calls; i++) {
		const struct xen_pv_call *call = &xen_pv_calls[i];

		if (strlen(call->name) != len || strncmp(call->name, text, len))
			continue;
		if (!command != !call->command)
			continue;
		if (command && strcmp(call->command, command))
			continue;
		rule->call = call;
		return 0;
	}
	return -EINVAL;
}

static int parse_vcpu(const char *text, struct rule *rule)
{
	unsigned int vcpu;

	rule->vcpu = ANY_VCPU;
	if (!strcmp(text, "*"))
		return 0;
	if (kstrtouint(text, 10, &vcpu) || vcpu > MOST_VCPU)
		return -EINVAL;
	rule->vcpu = vcpu;
	return 0;
}

static int parse_errno(const char *text, struct rule *rule)
{
	rule->rc = xen_errno_code(text);
	return rule->rc || !strcmp(text, "OK") ? 0 : -EINVAL;
}

static int parse_times(const char *text, struct rule *rule)
{
	return kstrtoint(text, 10, &rule->times) ?:
	       rule->times < 1 ? -EINVAL : 0;
}

static int parse_after(const char *text, struct rule *rule)
{
	return kstrtouint(text, 10, &rule->after);
}

/* Fields of a rule, in their order; the first few are not to be left out */
static const struct {
	const char *name;
	int (*parse)(const char *text, struct rule *rule);
	bool needed;
} fields[] = {
	{ "call",	parse_call,	true },
	{ "vCPU",	parse_vcpu,	true },
	{ "errno",	parse_errno,	true },
	{ "times",	parse_times,	false },
	{ "after",	parse_after,	false },
};

/* Cut @text up into one rule.  Return: NULL, or the name of the bad field. */
static const char *parse_rule(char *text, struct rule *rule)
{
	unsigned int i;

	*rule = (struct rule) { .times = ALWAYS };
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		char *word = strsep(&text, ":");

		if (!word && fields[i].needed)
			return fields[i].name;
		if (word && fields[i].parse(word, rule))
			return fields[i].name;
	}
	return text ? "end" : NULL;
}

/* All rules of @text, which is cut up; or none, and one line that says why. */
static int parse_rules(char *text, struct rules *found)
{
	const char *bad;
	char *word;

	found->nr = 0;
	while ((word = strsep(&text, ",\n"))) {
		if (!*word)
			continue;
		if (found->nr == MOST_RULES) {
			pr_warn("more than %u rules\n", MOST_RULES);
			return -E2BIG;
		}
		bad = parse_rule(word, &found->rule[found->nr]);
		if (bad) {
			pr_warn("rule %u, \"%s...\": bad %s\n", found->nr + 1,
				word, bad);
			return -EINVAL;
		}
		found->nr++;
	}
	return 0;
}

static void use_rules(const struct rules *found)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	rules = *found;
	raw_spin_unlock_irqrestore(&lock, flags);
}

/*
 * Lookup, before each call
 */

static bool matches(const struct rule *rule, const struct xen_pv_call *call,
		    unsigned int vcpu)
{
	return rule->call == call && rule->times &&
	       (rule->vcpu == ANY_VCPU || rule->vcpu == vcpu);
}

/* Return: true where it is this call that is to fail. */
static bool apply(struct rule *rule)
{
	if (rule->after) {
		rule->after--;
		return false;
	}
	if (rule->times != ALWAYS)
		rule->times--;
	rule->hits++;
	return true;
}

/**
 * xen_pv_is_to_fail - whether a hypercall is to fail
 * @call: which, one of xen_pv_calls
 * @vcpu: Xen's number of the vCPU that it is about
 * @rc: set to what it is to answer then
 *
 * Context: any.  No call of an NMI fails: it may have interrupted who has the lock.
 *
 * Return: true where it is to fail, without having been made.
 */
bool xen_pv_is_to_fail(const struct xen_pv_call *call, unsigned int vcpu,
		       int *rc)
{
	bool found = false;
	unsigned long flags;
	unsigned int i;

	/* RCU does not watch a CPU that comes up or dies: lockdep minds locks. */
	if (in_nmi() || !READ_ONCE(rules.nr))
		return false;

	raw_spin_lock_irqsave(&lock, flags);
	for (i = 0; i < rules.nr && !found; i++) {
		if (!matches(&rules.rule[i], call, vcpu))
			continue;
		found = apply(&rules.rule[i]);
		if (found)
			*rc = rules.rule[i].rc;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return found;
}

/*
 * The boot parameter, parsed before the first of the calls
 */

static int __init ignore_xen_fail(char *arg)
{
	return 0;
}
early_param("xen_fail", ignore_xen_fail);

/**
 * xen_pv_plan_failures - take the rules of xen_fail= from the command line
 *
 * On the boot CPU, before the first hypercall that can be made to fail.
 */
void __init xen_pv_plan_failures(void)
{
	static char text[MOST_TEXT] __initdata;
	static struct rules found __initdata;

	if (cmdline_find_option(xen_start_info->cmd_line, "xen_fail", text,
				sizeof(text)) < 0)
		return;
	if (parse_rules(text, &found)) {
		pr_warn("xen_fail= ignored\n");
		return;
	}
	pr_notice("%u rules: hypercalls will fail on demand\n", found.nr);
	use_rules(&found);
}

/*
 * debugfs xen/fail
 */

static void show_rule(struct seq_file *m, const struct rule *rule)
{
	seq_printf(m, "%s%s%s:", rule->call->name,
		   rule->call->command ? "." : "", rule->call->command ?: "");
	if (rule->vcpu == ANY_VCPU)
		seq_puts(m, "*");
	else
		seq_printf(m, "%d", rule->vcpu);
	seq_printf(m, ":%s", xen_errno_name(rule->rc));
	if (rule->times != ALWAYS)
		seq_printf(m, ":%d", rule->times);
	seq_printf(m, " hits=%u\n", rule->hits);
}

static int fail_show(struct seq_file *m, void *unused)
{
	struct rules *now = kmalloc_obj(*now);
	unsigned long flags;
	unsigned int i;

	if (!now)
		return -ENOMEM;
	raw_spin_lock_irqsave(&lock, flags);
	*now = rules;
	raw_spin_unlock_irqrestore(&lock, flags);

	for (i = 0; i < now->nr; i++)
		show_rule(m, &now->rule[i]);
	kfree(now);
	return 0;
}

static ssize_t fail_write(struct file *file, const char __user *from,
			  size_t len, loff_t *pos)
{
	struct rules *found;
	char *text;
	int rc;

	if (len >= MOST_TEXT)
		return -E2BIG;
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	found = kmalloc_obj(*found);
	rc = found ? parse_rules(text, found) : -ENOMEM;
	if (!rc)
		use_rules(found);
	kfree(found);
	kfree(text);
	return rc ?: len;
}

static int fail_open(struct inode *inode, struct file *file)
{
	return single_open(file, fail_show, NULL);
}

static const struct file_operations fail_fops = {
	.owner		= THIS_MODULE,
	.open		= fail_open,
	.read		= seq_read,
	.write		= fail_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init open_fail(void)
{
	if (xen_pv_domain())
		debugfs_create_file("fail", 0600, xen_init_debugfs(), NULL,
				    &fail_fops);
	return 0;
}
late_initcall(open_fail);
