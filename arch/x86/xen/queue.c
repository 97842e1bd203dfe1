// SPDX-License-Identifier: GPL-2.0
/*
 * A queue of hypercalls, which one multicall makes.
 *
 * Part of the core: plain C over the hypercall, see <xen/pvboot/host.h>.
 */
#include <xen/pvboot/queue.h>

#define QUEUE_ALIGN	sizeof(u64)

static unsigned int rounded(size_t size)
{
	return (size + QUEUE_ALIGN - 1) / QUEUE_ALIGN * QUEUE_ALIGN;
}

static bool has_room(const struct xen_pv_queue *queue, size_t size)
{
	return size <= XEN_PV_QUEUE_BYTES - queue->nr_bytes;
}

static void *take_bytes(struct xen_pv_queue *queue, size_t size)
{
	void *bytes = (u8 *)queue->bytes + queue->nr_bytes;

	queue->nr_bytes += rounded(size);
	return bytes;
}

/**
 * xen_pv_queue_add - append a call
 * @queue: this CPU's
 * @size: bytes that the call's arguments point to, or 0
 * @origin: of the call, an address in the caller
 * @bytes: where to put a pointer to @size bytes, aligned to 8
 *
 * The caller fills in the call, of at most five arguments, and the bytes.
 *
 * Return: the call; NULL where there is no room, and nothing has changed.
 */
struct multicall_entry *xen_pv_queue_add(struct xen_pv_queue *queue,
					 size_t size, unsigned long origin,
					 void **bytes)
{
	if (queue->nr_calls == XEN_PV_QUEUE_CALLS || !has_room(queue, size))
		return NULL;

	queue->first_byte = queue->nr_bytes;
	queue->origin[queue->nr_calls] = origin;
	*bytes = take_bytes(queue, size);
	return &queue->call[queue->nr_calls++];
}

/**
 * xen_pv_queue_last - the last call, if it is one more of the same
 * @queue: this CPU's
 * @op: a hypercall whose arguments begin with an array and its length
 * @size: bytes of one element, a multiple of 8
 *
 * A call whose bytes are more than its array, such as a TLB flush with the
 * bitmap of its vCPUs, cannot be extended: the next element would be behind
 * the bitmap.
 *
 * Return: the call, NULL where it cannot be extended.
 */
struct multicall_entry *xen_pv_queue_last(struct xen_pv_queue *queue,
					  unsigned long op, size_t size)
{
	struct multicall_entry *call;

	if (!queue->nr_calls)
		return NULL;
	call = &queue->call[queue->nr_calls - 1];
	if (call->op != op ||
	    call->args[1] * size != queue->nr_bytes - queue->first_byte)
		return NULL;
	return call;
}

/**
 * xen_pv_queue_extend - append an element to the last call's array
 * @queue: this CPU's, where xen_pv_queue_last() returned a call
 * @size: as there
 *
 * The caller fills in the element, and counts it in the call's length.
 *
 * Return: the element; NULL where there is no room.
 */
void *xen_pv_queue_extend(struct xen_pv_queue *queue, size_t size)
{
	return has_room(queue, size) ? take_bytes(queue, size) : NULL;
}

/**
 * xen_pv_queue_add_callback - have a function called after the calls
 * @queue: this CPU's
 * @fn: the function
 * @data: its argument
 *
 * Return: false where there is no room.
 */
bool xen_pv_queue_add_callback(struct xen_pv_queue *queue,
			       void (*fn)(void *data), void *data)
{
	if (queue->nr_callbacks == XEN_PV_QUEUE_CALLBACKS)
		return false;
	queue->callback[queue->nr_callbacks].fn = fn;
	queue->callback[queue->nr_callbacks].data = data;
	queue->nr_callbacks++;
	return true;
}

static bool failed(const struct multicall_entry *call)
{
	return (long)call->result < 0;
}

/**
 * xen_pv_queue_send - make the calls
 * @queue: this CPU's
 *
 * A single call is made as itself.  Each call has its result afterwards, which
 * the caller looks at before xen_pv_queue_finish().
 *
 * ABI: multicall makes each call whatever the others' results were, and returns
 * an error of its own where it could not read or write the list.
 *
 * Return: the number of calls that failed.
 */
unsigned int xen_pv_queue_send(struct xen_pv_queue *queue)
{
	struct multicall_entry *call = queue->call;
	unsigned int i, nr_failed = 0;
	int rc = 0;

	if (!queue->nr_calls)
		return 0;
	if (queue->nr_calls == 1)
		call->result = HYPERVISOR_single(call->op, call->args);
	else
		rc = HYPERVISOR_multicall(call, queue->nr_calls);

	for (i = 0; i < queue->nr_calls; i++) {
		if (rc)
			call[i].result = rc;
		nr_failed += failed(&call[i]);
	}
	return nr_failed;
}

/**
 * xen_pv_queue_next_failed - find a call that failed
 * @queue: one that was sent
 * @after: the one found before, -1 at first
 *
 * Return: its place in the queue, -1 where there is none.
 */
int xen_pv_queue_next_failed(const struct xen_pv_queue *queue, int after)
{
	unsigned int i;

	for (i = after + 1; i < queue->nr_calls; i++)
		if (failed(&queue->call[i]))
			return i;
	return -1;
}

/**
 * xen_pv_queue_finish - empty the queue and run the callbacks
 * @queue: one that was sent
 *
 * What a function queues is for the next time; a callback that it adds is
 * run this time.
 */
void xen_pv_queue_finish(struct xen_pv_queue *queue)
{
	unsigned int i;

	queue->nr_calls = 0;
	queue->nr_bytes = 0;
	queue->first_byte = 0;
	for (i = 0; i < queue->nr_callbacks; i++)
		queue->callback[i].fn(queue->callback[i].data);
	queue->nr_callbacks = 0;
}
