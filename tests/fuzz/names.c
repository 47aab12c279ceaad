/*
 * Lists of suites, groups and signature schemes as people write them: any text is parsed or refused with a fault that
 * can be shown.
 */
#include "handshake/policy.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const struct sw_policy *policy, enum sw_list_kind kind, const char *text)
{
    struct sw_id_list list;
    struct sw_list_fault fault;
    char line[64];

    if (sw_policy_parse(policy, kind, text, &list, &fault) == SW_OK) {
        if (list.len == 0 || list.len > SW_LIST_MAX)
            abort();
        return;
    }
    sw_list_fault_text(&fault, line, sizeof line);
    for (const char *p = line; *p; p++)
        if (*p < 0x20 || *p > 0x7E)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    const struct sw_policy *policy;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; (policy = sw_policy_at(i)); i++)
        for (int kind = SW_LIST_SUITES; kind <= SW_LIST_SIGSCHEMES; kind++)
            parse(policy, (enum sw_list_kind)kind, text);
    free(text);
    return 0;
}
