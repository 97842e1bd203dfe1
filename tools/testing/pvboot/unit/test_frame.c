// SPDX-License-Identifier: GPL-2.0
/* frame.h: words of the list of frames, in the words of either width. */
#include "unit.h"

#include <xen/pvboot/frame.h>

#define TOP		(~(~0UL >> 1))
#define SECOND		(TOP >> 1)
#define LAST		(SECOND - 1)	/* the highest frame that a word can hold */

static void kind_of_frames(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_word_kind(0), XEN_PV_OWN);
	assert_int_equal(xen_pv_word_kind(LAST), XEN_PV_OWN);
	assert_int_equal(xen_pv_word_kind(SECOND), XEN_PV_IDENTITY);
	assert_int_equal(xen_pv_word_kind(TOP - 1), XEN_PV_IDENTITY);
	assert_int_equal(xen_pv_word_kind(TOP), XEN_PV_FOREIGN);
	assert_int_equal(xen_pv_word_kind(TOP | LAST), XEN_PV_FOREIGN);
}

/* All ones is the one word with both bits that means something else. */
static void missing_is_one_word(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_word_kind(~0UL), XEN_PV_MISSING);
	assert_int_equal(xen_pv_word_kind(~0UL - 1), XEN_PV_FOREIGN);
	assert_int_equal(xen_pv_word_kind(TOP | SECOND), XEN_PV_FOREIGN);
}

static void frame_has_no_kind(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_word_frame(0), 0);
	assert_int_equal(xen_pv_word_frame(LAST), LAST);
	assert_int_equal(xen_pv_word_frame(SECOND), 0);
	assert_int_equal(xen_pv_word_frame(TOP | 5), 5);
	assert_int_equal(xen_pv_word_frame(TOP | LAST), LAST);
	assert_int_equal(xen_pv_word_frame(~0UL), XEN_PV_NO_FRAME);
}

static void words_are_made(void **state)
{
	(void)state;
	assert_int_equal(xen_pv_word(XEN_PV_OWN, LAST), LAST);
	assert_int_equal(xen_pv_word(XEN_PV_IDENTITY, 5), SECOND | 5);
	assert_int_equal(xen_pv_word(XEN_PV_FOREIGN, 5), TOP | 5);
	assert_int_equal(xen_pv_word(XEN_PV_MISSING, 5), ~0UL);
}

int run_frame(void)
{
	const struct CMUnitTest cases[] = {
		CASE(kind_of_frames),
		CASE(missing_is_one_word),
		CASE(frame_has_no_kind),
		CASE(words_are_made),
	};

	return cmocka_run_group_tests_name("frame", cases, NULL, NULL);
}
