/*
 * Finite-field Diffie-Hellman (RFC 5246 7.4.3, 8.1.2; RFC 7919).
 *
 * Every private exponent is fresh: made for one handshake, used for one peer's value, wiped. That is what the range
 * check on the peer's value rests on (a value of small order learns a bit of an exponent that is never used again), and
 * what takes the sting out of RFC 5246 8.1.2, which strips the leading zero bytes of the shared secret before the PRF:
 * hashing a shorter secret takes less time, and against a server that uses its exponent twice the difference, measured
 * often enough, gives a recorded connection's secret away (the Raccoon attack). Against one that does not, the attacker
 * has one look and no second question. wolfCrypt strips the zeros itself, in a time that depends on their number; to
 * keep them they are put back.
 *
 * The exponentiation's own time depends on the lengths of p and of the exponent, whose top bit is always set.
 */
#include "handshake/kex_dh.h"
#include "base/ct.h"
#include "base/wipe.h"
#include <string.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/dh.h>

/* The longest prime this wolfCrypt computes with. */
enum {
#if defined(WOLFSSL_SP_MATH_ALL)
    WOLF_BITS_MAX = SP_INT_BITS
#elif defined(USE_FAST_MATH)
    WOLF_BITS_MAX = FP_MAX_BITS / 2
#else
    WOLF_BITS_MAX = SW_DH_MAX_BITS
#endif
};

bool sw_kex_dh_can(unsigned bits)
{
    return bits <= WOLF_BITS_MAX && bits <= SW_DH_MAX_BITS;
}

struct sw_slice sw_kex_dh_number(struct sw_slice n)
{
    while (n.len && n.p[0] == 0) {
        n.p++;
        n.len--;
    }
    return n;
}

unsigned sw_kex_dh_bits(struct sw_slice n)
{
    unsigned bits = (unsigned)n.len * 8;

    for (unsigned top = n.len ? n.p[0] : 0x80; !(top & 0x80); top <<= 1)
        bits--;
    return bits;
}

/* 1 < y < p - 1, all big-endian without leading zeros; p is odd. */
static bool in_range(struct sw_slice y, struct sw_slice p)
{
    int order;

    if (y.len != p.len)
        return y.len < p.len && (y.len > 1 || (y.len == 1 && y.p[0] > 1));
    order = memcmp(y.p, p.p, p.len - 1);
    /* p - 1 is p with its last bit cleared */
    return order < 0 || (order == 0 && y.p[p.len - 1] < (p.p[p.len - 1] & 0xFE));
}

enum sw_err sw_kex_dh_judge(struct sw_slice p, struct sw_slice g)
{
    if (sw_kex_dh_bits(p) < SW_DH_MIN_BITS)
        return SW_ERR_WEAK_DH;
    if (!sw_kex_dh_can(sw_kex_dh_bits(p)) || !(p.p[p.len - 1] & 1) || !in_range(g, p))
        return SW_ERR_KEY_SHARE;
    return SW_OK;
}

/* out = base ^ kex->secret mod p, without leading zeros; *len is its room and receives its length. */
static int power(const struct sw_kex *kex, struct sw_slice p, struct sw_slice g, struct sw_slice base, uint8_t *out,
                 word32 *len)
{
    DhKey key;
    int rc = wc_InitDhKey_ex(&key, NULL, INVALID_DEVID);

    if (rc)
        return rc;
    rc = wc_DhSetKey(&key, p.p, (word32)p.len, g.p, (word32)g.len);
    if (!rc)
        rc = wc_DhAgree(&key, out, len, kex->secret, (word32)kex->secret_len, base.p, (word32)base.len);
    wc_FreeDhKey(&key);
    return rc;
}

/* A number of n bytes at out becomes one of len bytes. */
static void pad(uint8_t *out, size_t n, size_t len)
{
    memmove(out + (len - n), out, n);
    memset(out, 0, len - n);
}

enum sw_err sw_kex_dh_make(struct sw_kex *kex, const struct sw_rand *rand, struct sw_slice p, struct sw_slice g,
                           size_t exponent_len)
{
    word32 len = sizeof kex->public_value;
    enum sw_err err;

    kex->secret_len = exponent_len;
    err = sw_rand_bytes(rand, kex->secret, exponent_len);
    if (err)
        return err;
    kex->secret[0] |= 0x80;
    SW_CT_SECRET(kex->secret, exponent_len);
    if (power(kex, p, g, g, kex->public_value, &len))
        return SW_ERR_CRYPTO;
    SW_CT_PUBLIC(kex->public_value, p.len);
    SW_CT_PUBLIC(&len, sizeof len);
    /* As long as p, always: RFC 8446 4.2.8.1 demands it, and a TLS 1.2 peer reads a number. */
    pad(kex->public_value, len, p.len);
    kex->public_len = p.len;
    return SW_OK;
}

enum sw_err sw_kex_dh_shared(const struct sw_kex *kex, struct sw_slice p, struct sw_slice g, struct sw_slice peer,
                             bool strip_zeros, uint8_t *out, size_t *out_len)
{
    struct sw_slice y = sw_kex_dh_number(peer);
    word32 len = SW_KEX_SECRET_MAX;

    /*
     * A number in TLS 1.2, with as many zeros before it as its sender likes; in TLS 1.3 always as long as p (RFC 8446
     * 4.2.8.1).
     */
    if ((!strip_zeros && peer.len != p.len) || !in_range(y, p))
        return SW_ERR_KEY_SHARE;
    /*
     * A valid y fails only where p is no safe prime and y has a small order that divides the exponent: wolfCrypt
     * refuses the result 1.
     */
    if (power(kex, p, g, y, out, &len))
        return SW_ERR_KEY_SHARE;
    if (!strip_zeros)
        pad(out, len, p.len);
    *out_len = strip_zeros ? len : p.len;
    return SW_OK;
}
