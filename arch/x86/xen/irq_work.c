// SPDX-License-Identifier: GPL-2.0
/*
 * irq_work without SMP: the one IPI that a CPU sends to itself.
 *
 * A kernel with SMP has it among the others, in ipi.c.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/printk.h>

#include <xen/events.h>
#include <xen/xen.h>

#include <asm/hardirq.h>
#include <asm/irq_vectors.h>

#include "pv.h"

static bool is_bound;

static irqreturn_t handle_irq_work(int irq, void *unused)
{
	inc_irq_stat(IRQ_WORK);
	irq_work_run();
	return IRQ_HANDLED;
}

/*
 * As in ipi.c; no other vector has a meaning here.  What is queued before there is
 * an interrupt is served as soon as there is.
 */
void xen_pv_send_IPI_self(int vector)
{
	if (is_bound && vector == IRQ_WORK_VECTOR)
		xen_send_IPI_one(0, XEN_IRQ_WORK_VECTOR);
}

static int __init bind_irq_work(void)
{
	int irq;

	if (!xen_pv_domain())
		return 0;

	irq = bind_ipi_to_irqhandler(XEN_IRQ_WORK_VECTOR, 0, handle_irq_work,
				     IRQF_PERCPU | IRQF_NOBALANCING, "irqwork0",
				     NULL);
	if (irq < 0) {
		pr_err("xen: no interrupt for irq_work: %pe\n", ERR_PTR(irq));
		return irq;
	}
	is_bound = true;
	xen_pv_send_IPI_self(IRQ_WORK_VECTOR);
	return 0;
}
early_initcall(bind_irq_work);
