/* The line that --trace prints for an event. */
#include "apps/tls/trace.h"
#include "tests/test.h"
#include <string.h>

static void names_a_message_and_its_meaning(void)
{
    const uint8_t hello[] = {1, 0, 0, 0};
    struct sw_trace_event ev = {
        .sent = true, .content_type = 22, .message = 1, .data = hello, .len = sizeof hello, .note = "offers 3"};
    char line[256];
    trace_text(&ev, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "-> ClientHello, 4 bytes (readable): the client says what it can do; offers 3");
}

static void names_an_alert_by_level(void)
{
    const uint8_t alert[] = {1, 100}, fatal[] = {2, 20};
    struct sw_trace_event ev = {.content_type = 21, .message = 100, .is_protected = true, .data = alert, .len = 2};
    char line[256];
    trace_text(&ev, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "<- Alert warning, no_renegotiation (encrypted)");
    ev.data = fatal;
    ev.message = 20;
    ev.note = "why";
    trace_text(&ev, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "<- Alert fatal, bad_record_mac (encrypted): why");
}

static void survives_what_it_does_not_know(void)
{
    struct sw_trace_event ev = {.content_type = 22, .message = 99, .len = 7, .note = ""};
    char line[256];
    trace_text(&ev, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "<- unknown message, 7 bytes (readable)");
    ev = (struct sw_trace_event){.content_type = 23, .len = 12, .is_protected = true};
    trace_text(&ev, line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line, "<- ApplicationData, 12 bytes (encrypted)");
}

static void fits_any_buffer(void)
{
    struct sw_trace_event ev = {.content_type = 22, .message = 15, .note = "a long note"};
    char line[16];
    trace_text(&ev, line, sizeof line);
    CU_ASSERT_EQUAL(strlen(line), sizeof line - 1);
}

SW_TEST_SUITE(trace){
    SW_TEST(names_a_message_and_its_meaning),
    SW_TEST(names_an_alert_by_level),
    SW_TEST(survives_what_it_does_not_know),
    SW_TEST(fits_any_buffer),
};
