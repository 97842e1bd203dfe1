// SPDX-License-Identifier: GPL-2.0
/*
 * xen_cpu_auto_online: a CPU that the toolstack makes available comes online
 * by itself.
 *
 * `xl vcpu-set` writes to xenstore; drivers/xen/cpu_hotplug.c sees that, takes
 * a CPU off by itself, but of one that is to come only makes the device.  As
 * on hardware somebody, udev usually, has then to write to its "online" file.
 * With this parameter the kernel does that, which a domain without udev is
 * glad of.
 */
#include <linux/bitops.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/notifier.h>
#include <linux/workqueue.h>

#include <xen/xen.h>

#include "pv.h"

/*
 * A device is announced a moment before its CPU counts as present.  How often
 * to look for that, and how many jiffies apart.
 */
#define LOOKS		100
#define LOOK_JIFFIES	msecs_to_jiffies(10)

static bool wanted __initdata;

/* CPUs that came to be there, and were not brought online yet */
static struct cpumask arrived;
static unsigned int looks;

static int __init parse_auto_online(char *arg)
{
	if (!arg || !*arg)
		wanted = true;
	else if (kstrtobool(arg, &wanted))
		pr_warn("xen_cpu_auto_online=%s ignored: neither on nor off\n",
			arg);
	return 0;
}
early_param("xen_cpu_auto_online", parse_auto_online);

static int bring_online(unsigned int cpu)
{
	struct device *dev;
	int rc = -EAGAIN;

	/* The lock under which devices of CPUs go */
	lock_device_hotplug();
	dev = get_cpu_device(cpu);
	if (!dev)
		rc = -ENODEV;
	else if (cpu_present(cpu))
		rc = device_online(dev);
	unlock_device_hotplug();
	return rc;
}

static void say(unsigned int cpu, int rc)
{
	pr_err("xen: CPU %u has become available but stays offline: %s (%d)\n",
	       cpu, xen_errno_name(rc), rc);
}

static void bring_arrived_online(struct work_struct *work)
{
	bool last = ++looks >= LOOKS;
	unsigned int cpu;
	int rc;

	for_each_cpu(cpu, &arrived) {
		if (!cpu_present(cpu) && !last)
			continue;
		cpumask_clear_cpu(cpu, &arrived);
		rc = bring_online(cpu);
		if (rc < 0)
			say(cpu, rc);
	}

	if (!cpumask_empty(&arrived))
		schedule_delayed_work(to_delayed_work(work), LOOK_JIFFIES);
}

static DECLARE_DELAYED_WORK(online_work, bring_arrived_online);

static int on_cpu_device(struct notifier_block *nb, unsigned long event,
			 void *data)
{
	const struct device *dev = data;

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		cpumask_set_cpu(dev->id, &arrived);
		looks = 0;
		schedule_delayed_work(&online_work, LOOK_JIFFIES);
		break;
	case BUS_NOTIFY_DEL_DEVICE:
		cpumask_clear_cpu(dev->id, &arrived);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block cpu_device_events = {
	.notifier_call = on_cpu_device,
};

/* After the devices of all CPUs that were there from the start */
static int __init watch_cpu_devices(void)
{
	int rc;

	if (!wanted || !xen_pv_domain())
		return 0;

	rc = bus_register_notifier(&cpu_subsys, &cpu_device_events);
	if (rc)
		pr_err("xen: xen_cpu_auto_online: %d\n", rc);
	return rc;
}
late_initcall(watch_cpu_devices);
