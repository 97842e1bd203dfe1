/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hypercalls that wait to be made together, as one multicall.
 */
#ifndef _XEN_PVBOOT_QUEUE_H
#define _XEN_PVBOOT_QUEUE_H

#include <xen/pvboot/host.h>

#define XEN_PV_QUEUE_CALLS	32
#define XEN_PV_QUEUE_CALLBACKS	32

/* A TLB flush names its vCPUs by a bitmap: 8192 of them are 1024 bytes. */
#define XEN_PV_QUEUE_BYTES	1152

/**
 * struct xen_pv_queue_callback - what is called once the hypercalls are made
 * @fn: the function
 * @data: its argument
 */
struct xen_pv_queue_callback {
	void (*fn)(void *data);
	void *data;
};

/**
 * struct xen_pv_queue - hypercalls that have not been made yet
 * @call: the calls, in the order in which Xen makes them
 * @origin: who queued each, for messages
 * @bytes: what the calls' arguments point to
 * @callback: called in this order once all calls are made
 * @nr_calls: how many of @call are in use
 * @nr_bytes: how many of @bytes, a multiple of 8
 * @first_byte: where the last call's begin
 * @nr_callbacks: how many of @callback
 *
 * All zero is an empty queue.  A queue is one CPU's, and whoever uses it keeps
 * interrupts off from the first call added until it is filled in.
 */
struct xen_pv_queue {
	struct multicall_entry call[XEN_PV_QUEUE_CALLS];
	unsigned long origin[XEN_PV_QUEUE_CALLS];
	u64 bytes[XEN_PV_QUEUE_BYTES / sizeof(u64)];
	struct xen_pv_queue_callback callback[XEN_PV_QUEUE_CALLBACKS];
	unsigned int nr_calls;
	unsigned int nr_bytes;
	unsigned int first_byte;
	unsigned int nr_callbacks;
};

struct multicall_entry *xen_pv_queue_add(struct xen_pv_queue *queue,
					 size_t size, unsigned long origin,
					 void **bytes);
struct multicall_entry *xen_pv_queue_last(struct xen_pv_queue *queue,
					  unsigned long op, size_t size);
void *xen_pv_queue_extend(struct xen_pv_queue *queue, size_t size);
bool xen_pv_queue_add_callback(struct xen_pv_queue *queue,
			       void (*fn)(void *data), void *data);
unsigned int xen_pv_queue_send(struct xen_pv_queue *queue);
int xen_pv_queue_next_failed(const struct xen_pv_queue *queue, int after);
void xen_pv_queue_finish(struct xen_pv_queue *queue);

#endif /* _XEN_PVBOOT_QUEUE_H */
