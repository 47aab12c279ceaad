/*
 * Public values and Diffie-Hellman numbers from a peer. The first byte chooses: an elliptic group, whose public value
 * follows, or numbers of a server's own, p of the first two thirds and g of the rest. What is accepted yields a secret
 * of the right length.
 */
#include "handshake/kex.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ELLIPTIC = 5, DH_BITS = 2304 /* more takes too long to be worth it */ };

static void elliptic(const struct sw_group *group, struct sw_slice peer)
{
    static struct sw_kex kex[ELLIPTIC];
    static bool made[ELLIPTIC];
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t i = 0, len = 0;

    while (sw_group_row(i) != group)
        i++;
    if (!made[i] && sw_kex_generate(&kex[i], group))
        abort();
    made[i] = true;
    if (sw_kex_derive(&kex[i], peer, false, out, &len) == SW_OK && len != group->shared_len)
        abort();
}

static void numbers(struct sw_slice p, struct sw_slice g)
{
    struct sw_kex kex;
    uint8_t out[SW_KEX_SECRET_MAX];
    size_t len = 0;

    if (p.len * 8 > DH_BITS || sw_kex_generate_dh(&kex, p, g))
        return;
    if (kex.public_len * 8 < SW_DH_MIN_BITS)
        abort();
    if (sw_kex_derive(&kex, g, true, out, &len) == SW_OK && (len == 0 || len > kex.public_len || out[0] == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    if (data[0] < ELLIPTIC)
        elliptic(sw_group_row(data[0]), (struct sw_slice){data + 1, size - 1});
    else
        numbers((struct sw_slice){data + 1, (size - 1) / 3 * 2},
                (struct sw_slice){data + 1 + (size - 1) / 3 * 2, size - 1 - (size - 1) / 3 * 2});
    return 0;
}
