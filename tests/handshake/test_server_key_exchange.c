/* ServerKeyExchange with a right signature over anything: what a client makes of it before it has used a byte. */
#include "tests/handshake/middle_pair.h"

static bool done;

struct ske_row {
    const char *suite;
    /*
     * hexadecimal; P: the prime, G: the generator, Y: the public value of what was there, without their lengths; - one
     * less, + one more
     */
    const char *params;
    int scheme; /* 0: the one that was there */
    enum sw_err err;
};

/* clang-format off */
static const struct ske_row ske_rows[] = {
    /* ECDHE: curve_type, named curve, length, point */
    {"0xC02F", "03001D20Y", 0, SW_OK},
    {"0xC02F", "01001D20Y", 0, SW_ERR_GROUP},          /* explicit_prime */
    {"0xC02F", "02001D20Y", 0, SW_ERR_GROUP},          /* explicit_char2 */
    {"0xC02F", "00001D20Y", 0, SW_ERR_GROUP},
    {"0xC02F", "03FFFF20Y", 0, SW_ERR_GROUP},          /* not offered */
    {"0xC02F", "03010020Y", 0, SW_ERR_GROUP},          /* ffdhe2048 */
    {"0xC02F", "03001D1FY", 0, SW_ERR_DECODE},
    {"0xC02F", "03001D21Y", 0, SW_ERR_DECODE},
    {"0xC02F", "03001D00",  0, SW_ERR_DECODE},
    {"0xC02F", "03001D0109", 0, SW_ERR_KEY_SHARE},
    {"0xC02F", "03001D200000000000000000000000000000000000000000000000000000000000000000", 0, SW_ERR_KEY_SHARE},
    {"0xC02F", "03001720Y", 0, SW_ERR_KEY_SHARE},      /* of another curve's length */
    {"0xC02F", "0300170100", 0, SW_ERR_KEY_SHARE},     /* the point at infinity */
    {"0xC02F", "03001721026B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296", 0, SW_ERR_KEY_SHARE}, /* compressed */
    {"0xC02F", "03", 0, SW_ERR_DECODE},
    {"0xC02F", "03001D20Y", 0x0203, SW_ERR_SIGNATURE_SCHEME}, /* ECDSA with SHA-1: not offered */
    {"0xC02F", "03001D20Y", 0x0101, SW_ERR_SIGNATURE_SCHEME}, /* RSA with MD5 */
    {"0xC02F", "03001D20Y", 0x0403, SW_ERR_SIGNATURE_SCHEME}, /* ECDSA, the key is an RSA one */
    {"0xC02F", "03001D20Y", 0x0601, SW_ERR_SIGNATURE},        /* not what it was signed with */
    /* DHE: p, g, Y, each with its length */
    {"0x0067", "0100P0001020100Y", 0, SW_OK},
    {"0x0067", "01080000000000000000P0003000002" "01040000" "0000Y", 0, SW_OK}, /* zeros in front of numbers */
    {"0x0067", "0100P0001020000",  0, SW_ERR_DECODE},
    {"0x0067", "0100P000102000101",  0, SW_ERR_KEY_SHARE},    /* Y = 1 */
    {"0x0067", "0100P000102000100",  0, SW_ERR_KEY_SHARE},    /* Y = 0 */
    {"0x0067", "0100P0001020100P",   0, SW_ERR_KEY_SHARE},    /* Y = p */
    {"0x0067", "0100P0001020100-",   0, SW_ERR_KEY_SHARE},    /* Y = p - 1 */
    {"0x0067", "0100P0001020100+",   0, SW_ERR_KEY_SHARE},    /* Y = p + 1 */
    {"0x0067", "0008FFFFFFFFFFFFFFC5000102000105", 0, SW_ERR_WEAK_DH},
    {"0x0067", "0100P0001000100Y", 0, SW_ERR_KEY_SHARE},      /* g = 0 */
    {"0x0067", "0100P0001020101Y", 0, SW_ERR_DECODE},         /* a byte fewer than said */
    {"0x0067", "0100P0000" "0100Y", 0, SW_ERR_KEY_SHARE},     /* no generator */
    {"0x0067", "0100P0001010100Y", 0, SW_ERR_KEY_SHARE},      /* g = 1 */
    {"0x0067", "0100-0001020100Y", 0, SW_ERR_KEY_SHARE},      /* an even modulus */
};
/* clang-format on */

static const struct ske_row *ske_current;

static size_t nibble(char c)
{
    return (size_t)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* The params that a row describes, out of those that were there. */
static size_t make_params(const char *form, const uint8_t *was, size_t was_len, uint8_t *out)
{
    const uint8_t *prime = was + 2, *value = was[0] == 3 ? was + 4 : was + 2 + 256 + 3 + 2;
    size_t value_len = was[0] == 3 ? was[3] : 256, n = 0;

    CU_ASSERT_TRUE_FATAL((size_t)(value + value_len - was) <= was_len);
    for (; *form; form++) {
        if (*form == 'Y') {
            memcpy(out + n, value, value_len);
            n += value_len;
        } else if (*form == 'P' || *form == '-' || *form == '+') {
            memcpy(out + n, prime, 256);
            n += 256;
            if (*form == '-') /* the primes of RFC 7919 end with 64 ones */
                out[n - 1]--;
            else if (*form == '+')
                for (size_t i = 1; ++out[n - i] == 0;)
                    i++;
        } else {
            out[n++] = (uint8_t)(nibble(form[0]) << 4 | nibble(form[1]));
            form++;
        }
    }
    return n;
}

static void pass_ske(struct middle *m, int to, uint8_t type, const uint8_t *p, size_t len)
{
    static uint8_t out[4096], signs[4096];
    struct sw_handshake *hs = m->side[MIDDLE_SERVER]->hs;
    const struct sw_conn *server = m->side[MIDDLE_SERVER];
    size_t params, sig_len, at;

    if (type != SW_CT_HANDSHAKE || p[0] != SW_SERVER_KEY_EXCHANGE) {
        middle_hand_on(m, to, type, p, len);
        return;
    }
    done = true;
    params = make_params(ske_current->params, p + 4, len - 4, out + 4);
    memcpy(signs, server->client_random, SW_RANDOM_LEN);
    memcpy(signs + SW_RANDOM_LEN, server->server_random, SW_RANDOM_LEN);
    memcpy(signs + 2 * SW_RANDOM_LEN, out + 4, params);
    at = 4 + params;
    out[at++] = (uint8_t)((ske_current->scheme ? ske_current->scheme : hs->scheme->id) >> 8);
    out[at++] = (uint8_t)(ske_current->scheme ? ske_current->scheme : hs->scheme->id);
    SW_ASSERT_OK(sw_privkey_sign(hs->cred->key, hs->scheme, signs, 2 * SW_RANDOM_LEN + params, out + at + 2, &sig_len));
    out[at] = (uint8_t)(sig_len >> 8);
    out[at + 1] = (uint8_t)sig_len;
    at += 2 + sig_len;
    out[0] = SW_SERVER_KEY_EXCHANGE;
    out[1] = 0;
    out[2] = (uint8_t)((at - 4) >> 8);
    out[3] = (uint8_t)(at - 4);
    middle_hand_on(m, to, type, out, at);
}

static void signed_nonsense_is_refused(void)
{
    struct middle *m = middle_new(pass_ske);

    for (size_t i = 0; i < sizeof ske_rows / sizeof *ske_rows; i++) {
        struct pair p;
        enum sw_err ended;

        ske_current = &ske_rows[i];
        done = false;
        middle_connect(m, &p, ske_current->suite);
        middle_run(m);
        CU_ASSERT_TRUE(done);
        /*
         * what is signed anew in the same way is the same message to RSA with PKCS#1 padding, and another one to PSS:
         * then Finished tells
         */
        ended = sw_conn_error(m->side[MIDDLE_CLIENT]);
        if (ske_current->err != SW_OK || ended != SW_ERR_PEER_ALERT)
            middle_expect(m, MIDDLE_CLIENT, ske_current->err, "%s %s", ske_current->suite, ske_current->params);
        if (ske_current->err == SW_OK && ske_current->suite[5] == '7')
            CU_ASSERT_EQUAL(m->side[MIDDLE_CLIENT]->group_bits, 2048); /* which zeros do not make more */
        middle_forget(m);
        pair_close(&p);
    }
    free(m);
}

SW_TEST_SUITE(server_key_exchange){
    SW_TEST(signed_nonsense_is_refused),
};
