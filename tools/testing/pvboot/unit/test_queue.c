// SPDX-License-Identifier: GPL-2.0
/* queue.c: calls in order, one list, every result looked at. */
#include "unit.h"

#define OP_A		1
#define OP_B		2
#define ORIGIN		0x1234UL
#define ELEMENT		16

static struct xen_pv_queue queue;
static unsigned int order[4], nr_order;

static int empty(void **state)
{
	memset(&queue, 0, sizeof(queue));
	nr_order = 0;
	return fresh(state);
}

#define QUEUE_CASE(function)	cmocka_unit_test_setup(function, empty)

static void *add(unsigned long op, size_t size)
{
	void *bytes = NULL;
	struct multicall_entry *call =
		xen_pv_queue_add(&queue, size, ORIGIN + op, &bytes);

	assert_non_null(call);
	call->op = op;
	memset(call->args, 0, sizeof(call->args));
	return bytes;
}

/* A call whose arguments are an array of one element. */
static void *add_array(unsigned long op)
{
	void *bytes = add(op, ELEMENT);

	queue.call[queue.nr_calls - 1].args[1] = 1;
	return bytes;
}

static void send_nothing(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_queue_send(&queue), 0);
	assert_int_equal(fake_xen.calls[FAKE_SINGLE], 0);
	assert_int_equal(fake_xen.calls[FAKE_MULTICALL], 0);
}

static void send_one_as_itself(void **state)
{
	(void)state;
	add(OP_B, 0);
	fake_xen.result[0] = -EINVAL;
	assert_int_equal(xen_pv_queue_send(&queue), 1);
	assert_int_equal(fake_xen.calls[FAKE_SINGLE], 1);
	assert_int_equal(fake_xen.calls[FAKE_MULTICALL], 0);
	assert_int_equal(fake_xen.op[0], OP_B);
	assert_int_equal((long)queue.call[0].result, -EINVAL);
	assert_int_equal(queue.origin[0], ORIGIN + OP_B);
}

static void send_many_in_order(void **state)
{
	(void)state;
	add(OP_A, 0);
	add(OP_B, 0);
	add(OP_A, 0);
	assert_int_equal(xen_pv_queue_send(&queue), 0);
	assert_int_equal(fake_xen.calls[FAKE_SINGLE], 0);
	assert_int_equal(fake_xen.calls[FAKE_MULTICALL], 1);
	assert_int_equal(fake_xen.made, 3);
	assert_int_equal(fake_xen.op[0], OP_A);
	assert_int_equal(fake_xen.op[1], OP_B);
	assert_int_equal(fake_xen.op[2], OP_A);
}

static void failures_are_found(void **state)
{
	(void)state;
	add(OP_A, 0);
	add(OP_B, 0);
	add(OP_A, 0);
	add(OP_B, 0);
	fake_xen.result[0] = 1;		/* no failure */
	fake_xen.result[1] = -EPERM;
	fake_xen.result[3] = -EINVAL;
	assert_int_equal(xen_pv_queue_send(&queue), 2);
	assert_int_equal(xen_pv_queue_next_failed(&queue, -1), 1);
	assert_int_equal(xen_pv_queue_next_failed(&queue, 1), 3);
	assert_int_equal(xen_pv_queue_next_failed(&queue, 3), -1);
}

static void a_list_that_was_not_read(void **state)
{
	(void)state;
	add(OP_A, 0);
	add(OP_B, 0);
	fake_xen.answer[FAKE_MULTICALL] = -EFAULT;
	assert_int_equal(xen_pv_queue_send(&queue), 2);
	assert_int_equal((long)queue.call[0].result, -EFAULT);
	assert_int_equal((long)queue.call[1].result, -EFAULT);
}

static void room_for_calls(void **state)
{
	void *bytes;
	int i;

	(void)state;
	for (i = 0; i < XEN_PV_QUEUE_CALLS; i++)
		add(OP_A, 0);
	assert_null(xen_pv_queue_add(&queue, 0, ORIGIN, &bytes));
	assert_int_equal(xen_pv_queue_send(&queue), 0);
	assert_int_equal(fake_xen.made, XEN_PV_QUEUE_CALLS);
	xen_pv_queue_finish(&queue);
	add(OP_B, 0);
	assert_int_equal(queue.nr_calls, 1);
}

static void room_for_bytes(void **state)
{
	void *bytes;
	u8 *last;

	(void)state;
	add(OP_A, XEN_PV_QUEUE_BYTES - 8);
	assert_null(xen_pv_queue_add(&queue, 9, ORIGIN, &bytes));
	assert_int_equal(queue.nr_calls, 1);
	last = add(OP_A, 8);
	assert_ptr_equal(last, (u8 *)queue.bytes + XEN_PV_QUEUE_BYTES - 8);
	assert_null(xen_pv_queue_add(&queue, 1, ORIGIN, &bytes));
	assert_non_null(xen_pv_queue_add(&queue, 0, ORIGIN, &bytes));
	xen_pv_queue_finish(&queue);
	assert_ptr_equal(add(OP_A, 8), queue.bytes);
}

static void bytes_are_aligned(void **state)
{
	u8 *first, *second;

	(void)state;
	first = add(OP_A, 3);
	second = add(OP_A, 8);
	assert_int_equal(second - first, 8);
	assert_int_equal((unsigned long)first % 8, 0);
}

static void extend_the_last(void **state)
{
	struct multicall_entry *call;
	u8 *first, *second;

	(void)state;
	assert_null(xen_pv_queue_last(&queue, OP_A, ELEMENT));
	first = add_array(OP_A);
	assert_null(xen_pv_queue_last(&queue, OP_B, ELEMENT));
	call = xen_pv_queue_last(&queue, OP_A, ELEMENT);
	assert_ptr_equal(call, &queue.call[0]);
	second = xen_pv_queue_extend(&queue, ELEMENT);
	assert_ptr_equal(second, first + ELEMENT);
	call->args[1]++;
	assert_ptr_equal(xen_pv_queue_last(&queue, OP_A, ELEMENT), call);
}

static void extend_the_last_only(void **state)
{
	(void)state;
	add_array(OP_A);
	add_array(OP_B);
	assert_null(xen_pv_queue_last(&queue, OP_A, ELEMENT));
	assert_ptr_equal(xen_pv_queue_last(&queue, OP_B, ELEMENT), &queue.call[1]);
}

/* A TLB flush has a bitmap behind its one element. */
static void extend_no_call_with_more_bytes(void **state)
{
	(void)state;
	add(OP_A, ELEMENT + 8);
	queue.call[0].args[1] = 1;
	assert_null(xen_pv_queue_last(&queue, OP_A, ELEMENT));
}

static void extend_until_full(void **state)
{
	struct multicall_entry *call;
	unsigned int i;

	(void)state;
	add_array(OP_A);
	call = xen_pv_queue_last(&queue, OP_A, ELEMENT);
	for (i = 1; i < XEN_PV_QUEUE_BYTES / ELEMENT; i++) {
		assert_non_null(xen_pv_queue_extend(&queue, ELEMENT));
		call->args[1]++;
	}
	assert_null(xen_pv_queue_extend(&queue, ELEMENT));
	assert_int_equal(queue.nr_bytes, XEN_PV_QUEUE_BYTES);
	assert_int_equal(queue.nr_calls, 1);
}

/* Nothing of a sent queue is extended. */
static void extend_nothing_after_finish(void **state)
{
	(void)state;
	add_array(OP_A);
	xen_pv_queue_send(&queue);
	xen_pv_queue_finish(&queue);
	assert_null(xen_pv_queue_last(&queue, OP_A, ELEMENT));
}

static void note_order(void *data)
{
	order[nr_order++] = (unsigned long)data;
}

static void callbacks_in_order(void **state)
{
	(void)state;
	assert_true(xen_pv_queue_add_callback(&queue, note_order, (void *)1UL));
	assert_true(xen_pv_queue_add_callback(&queue, note_order, (void *)2UL));
	assert_int_equal(xen_pv_queue_send(&queue), 0);
	assert_int_equal(nr_order, 0);
	xen_pv_queue_finish(&queue);
	assert_int_equal(nr_order, 2);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	xen_pv_queue_finish(&queue);
	assert_int_equal(nr_order, 2);
}

static void room_for_callbacks(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < XEN_PV_QUEUE_CALLBACKS; i++)
		assert_true(xen_pv_queue_add_callback(&queue, note_order, NULL));
	assert_false(xen_pv_queue_add_callback(&queue, note_order, NULL));
}

static void queue_from_callback(void *data)
{
	(void)data;
	add(OP_B, 0);
	if (!nr_order++)
		assert_true(xen_pv_queue_add_callback(&queue, note_order, (void *)7UL));
}

/* What a callback queues stays; a callback it adds is run. */
static void a_callback_may_queue(void **state)
{
	(void)state;
	add(OP_A, 0);
	xen_pv_queue_add_callback(&queue, queue_from_callback, NULL);
	xen_pv_queue_send(&queue);
	xen_pv_queue_finish(&queue);
	assert_int_equal(queue.nr_calls, 1);
	assert_int_equal(queue.call[0].op, OP_B);
	assert_int_equal(nr_order, 2);
	assert_int_equal(order[1], 7);
}

int run_queue(void)
{
	const struct CMUnitTest cases[] = {
		QUEUE_CASE(send_nothing),
		QUEUE_CASE(send_one_as_itself),
		QUEUE_CASE(send_many_in_order),
		QUEUE_CASE(failures_are_found),
		QUEUE_CASE(a_list_that_was_not_read),
		QUEUE_CASE(room_for_calls),
		QUEUE_CASE(room_for_bytes),
		QUEUE_CASE(bytes_are_aligned),
		QUEUE_CASE(extend_the_last),
		QUEUE_CASE(extend_the_last_only),
		QUEUE_CASE(extend_no_call_with_more_bytes),
		QUEUE_CASE(extend_until_full),
		QUEUE_CASE(extend_nothing_after_finish),
		QUEUE_CASE(callbacks_in_order),
		QUEUE_CASE(room_for_callbacks),
		QUEUE_CASE(a_callback_may_queue),
	};

	return cmocka_run_group_tests_name("queue", cases, NULL, NULL);
}
