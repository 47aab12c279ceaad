/* ECDSA and ECDH against OpenSSL, and against signatures and points that a lax reader would take. */
#include "base/bytes.h"
#include "tests/base/keys.h"
#include <string.h>

enum { CURVES = 3, FIELD_MAX = 66 };

static const struct {
    uint16_t id;
    size_t len;
    const char *scheme, *scalar, *point, *peer, *shared;
    const char *sigs[5]; /* in the order of hashes[] */
    const char *order, *prime;
} curves[CURVES] = {
    {SW_CURVE_P256,
     32,
     "ecdsa_secp256r1_sha256",
     p256_scalar,
     p256_point,
     p256_peer,
     p256_shared,
     {p256_sha1, p256_sha224, p256_sha256, p256_sha384, p256_sha512},
     "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
     "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"},
    {SW_CURVE_P384,
     48,
     "ecdsa_secp384r1_sha384",
     p384_scalar,
     p384_point,
     p384_peer,
     p384_shared,
     {p384_sha1, p384_sha224, p384_sha256, p384_sha384, p384_sha512},
     "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
     "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff"},
    {SW_CURVE_P521,
     66,
     "ecdsa_secp521r1_sha512",
     p521_scalar,
     p521_point,
     p521_peer,
     p521_shared,
     {p521_sha1, p521_sha224, p521_sha256, p521_sha384, p521_sha512},
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c4"
     "7"
     "aebb6fb71e91386409",
     "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
     "f"
     "ffffffffffffffffff"},
};

static const char *const hashes[5] = {"ecdsa_sha1", "ecdsa_sha224", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384",
                                      "ecdsa_secp521r1_sha512"};

static void verifies_openssl_signatures(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct sw_privkey *key = test_ec_key(curves[c].id, curves[c].scalar);
        const struct sw_pubkey *pub = sw_privkey_public(key);

        SW_ASSERT_HEX(pub->point.p, pub->point.len, curves[c].point);
        CU_ASSERT_EQUAL(pub->curve, curves[c].id);
        for (size_t h = 0; h < 5; h++)
            for (size_t s = 0; s < 5; s++)
                SW_ASSERT_ERR(test_verify_hex(pub, hashes[h], curves[c].sigs[s]), h == s ? SW_OK : SW_ERR_SIGNATURE);
        SW_ASSERT_ERR(test_verify_hex(pub, hashes[2], curves[(c + 1) % CURVES].sigs[2]), SW_ERR_SIGNATURE);
        sw_privkey_free(key);
    }
}

static void signs_with_each_hash(void)
{
    struct test_bytes msg = test_unhex(pkey_message);

    for (size_t c = 0; c < CURVES; c++) {
        struct sw_privkey *key = NULL;

        SW_ASSERT_OK(sw_privkey_generate(&key, SW_KEY_EC, curves[c].id));
        for (size_t h = 0; h < 5; h++)
            for (size_t i = 0; i < 8; i++) { /* short integers among them, sooner or later */
                const struct sw_sigscheme *scheme = sw_sigscheme_by_name(hashes[h], strlen(hashes[h]));
                uint8_t sig[SW_SIG_MAX];
                size_t len = 0;

                SW_ASSERT_OK(sw_privkey_sign(key, scheme, msg.p, msg.len - i, sig, &len));
                SW_ASSERT_OK(sw_pubkey_verify(sw_privkey_public(key), scheme, msg.p, msg.len - i, sig, len));
                SW_ASSERT_ERR(sw_pubkey_verify(sw_privkey_public(key), scheme, msg.p, 3, sig, len), SW_ERR_SIGNATURE);
            }
        sw_privkey_free(key);
    }
}

/* --- signatures that are almost one ------------------------------------------------------------------------------- */

/* An integer's contents, and room to spoil it. */
struct number {
    uint8_t p[FIELD_MAX + 4];
    size_t len;
};

static void split(const struct test_bytes *sig, struct number *r, struct number *s)
{
    struct sw_reader in = sw_reader_of(sig->p, sig->len), body, n;

    CU_ASSERT_EQUAL(sw_read_u8(&in), 0x30);
    if (sig->p[1] == 0x81)
        (void)sw_read_u8(&in);
    body = sw_read_vec8(&in);
    CU_ASSERT_TRUE(sw_reader_end(&in));
    for (size_t i = 0; i < 2; i++) {
        struct number *to = i == 0 ? r : s;

        CU_ASSERT_EQUAL(sw_read_u8(&body), 2);
        n = sw_read_vec8(&body);
        to->len = sw_reader_left(&n);
        sw_read_copy(&n, to->p, to->len);
    }
    CU_ASSERT_TRUE(sw_reader_end(&body));
}

static size_t join(uint8_t *out, const struct number *r, const struct number *s)
{
    struct sw_writer w = sw_writer_of(out, 300);
    size_t body = 4 + r->len + s->len;

    sw_write_u8(&w, 0x30);
    if (body >= 0x80)
        sw_write_u8(&w, 0x81);
    sw_write_u8(&w, (unsigned)body);
    sw_write_u8(&w, 2);
    sw_write_u8(&w, (unsigned)r->len);
    sw_write_bytes(&w, r->p, r->len);
    sw_write_u8(&w, 2);
    sw_write_u8(&w, (unsigned)s->len);
    sw_write_bytes(&w, s->p, s->len);
    return w.len;
}

static struct number number_of(const char *hex)
{
    struct number n = {{0}, 0};

    n.len = 1 + sw_unhex(hex, n.p + 1, FIELD_MAX); /* a zero in front */
    if ((n.p[1] & 0x80) == 0) {
        memmove(n.p, n.p + 1, --n.len);
    }
    return n;
}

/* a + b as the contents of an INTEGER. */
static struct number sum(const struct number *a, const struct number *b)
{
    struct number out = {{0}, FIELD_MAX + 2};
    unsigned carry = 0;

    for (size_t i = 0; i < out.len; i++) {
        carry += (i < a->len ? a->p[a->len - 1 - i] : 0u) + (i < b->len ? b->p[b->len - 1 - i] : 0u);
        out.p[out.len - 1 - i] = (uint8_t)carry;
        carry >>= 8;
    }
    while (out.len > 1 && out.p[0] == 0 && (out.p[1] & 0x80) == 0)
        memmove(out.p, out.p + 1, --out.len);
    return out;
}

static struct number padded(const struct number *n)
{
    struct number out = {{0}, n->len + 1};

    memcpy(out.p + 1, n->p, n->len);
    return out;
}

/* The number's bits with the top one set: a negative INTEGER. */
static struct number negative(const struct number *n)
{
    struct number out = *n;

    if (out.p[0] == 0)
        memmove(out.p, out.p + 1, --out.len);
    out.p[0] |= 0x80;
    return out;
}

static void integers_out_of_range_are_refused(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct sw_privkey *key = test_ec_key(curves[c].id, curves[c].scalar);
        const struct sw_pubkey *pub = sw_privkey_public(key);
        struct test_bytes sig = test_unhex(curves[c].sigs[2]);
        struct number good[2], order = number_of(curves[c].order), bad[7];
        uint8_t out[300];

        split(&sig, &good[0], &good[1]);
        SW_ASSERT_OK(test_verify(pub, hashes[2], out, join(out, &good[0], &good[1])));
        for (size_t which = 0; which < 2; which++) {
            bad[0] = (struct number){{0}, 1}; /* zero */
            bad[1] = (struct number){{0}, 0}; /* no contents */
            bad[2] = order;
            bad[3] = sum(&good[which], &order); /* the same number modulo the order */
            bad[4] = padded(&good[which]);
            bad[5] = negative(&good[which]);
            bad[6] = padded(&bad[0]);
            for (size_t i = 0; i < 7; i++) {
                size_t len = which == 0 ? join(out, &bad[i], &good[1]) : join(out, &good[0], &bad[i]);

                SW_ASSERT_ERR(test_verify(pub, hashes[2], out, len), SW_ERR_SIGNATURE);
            }
        }
        sw_privkey_free(key);
    }
}

static void other_der_is_refused(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct sw_privkey *key = test_ec_key(curves[c].id, curves[c].scalar);
        const struct sw_pubkey *pub = sw_privkey_public(key);
        struct test_bytes sig = test_unhex(curves[c].sigs[2]), bad;
        size_t head = sig.p[1] == 0x81 ? 3 : 2;

        for (size_t len = 0; len < sig.len; len++)
            SW_ASSERT_ERR(test_verify(pub, hashes[2], sig.p, len), SW_ERR_SIGNATURE);
        for (size_t bit = 0; bit < sig.len * 8; bit++) {
            bad = sig;
            bad.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
            SW_ASSERT_ERR(test_verify(pub, hashes[2], bad.p, bad.len), SW_ERR_SIGNATURE);
        }
        SW_ASSERT_ERR(test_verify(pub, hashes[2], sig.p, sig.len + 1), SW_ERR_SIGNATURE); /* behind the SEQUENCE */
        bad = sig;
        bad.p[head - 1]++; /* behind the integers */
        SW_ASSERT_ERR(test_verify(pub, hashes[2], bad.p, bad.len + 1), SW_ERR_SIGNATURE);

        memmove(bad.p + head + 1, sig.p + head, sig.len - head); /* a length in more bytes than it needs */
        bad.p[1] = head == 2 ? 0x81 : 0x82;
        bad.p[2] = head == 2 ? sig.p[1] : 0;
        bad.p[head] = sig.p[head - 1];
        SW_ASSERT_ERR(test_verify(pub, hashes[2], bad.p, sig.len + 1), SW_ERR_SIGNATURE);

        bad = sig; /* the indefinite form */
        bad.p[1] = 0x80;
        memmove(bad.p + 2, sig.p + head, sig.len - head);
        memset(bad.p + 2 + sig.len - head, 0, 2);
        SW_ASSERT_ERR(test_verify(pub, hashes[2], bad.p, sig.len - head + 4), SW_ERR_SIGNATURE);
        sw_privkey_free(key);
    }
}

/* --- points ------------------------------------------------------------------------------------------------------- */

static struct sw_pubkey key_of(size_t c, const struct test_bytes *point)
{
    return (struct sw_pubkey){.type = SW_KEY_EC, .curve = curves[c].id, .point = {point->p, point->len}};
}

static void refused(size_t c, const struct test_bytes *point)
{
    struct sw_privkey *own = test_ec_key(curves[c].id, curves[c].scalar);
    struct sw_pubkey pub = key_of(c, point);
    uint8_t out[FIELD_MAX];
    size_t len = 0;

    SW_ASSERT_ERR(test_verify_hex(&pub, hashes[2], curves[c].sigs[2]), SW_ERR_SIGNATURE);
    SW_ASSERT_ERR(sw_privkey_ecdh(own, pub.point, out, &len), SW_ERR_KEY_SHARE);
    sw_privkey_free(own);
}

static void points_that_are_none_are_refused(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct test_bytes good = test_unhex(curves[c].point), bad;
        struct sw_pubkey pub = key_of(c, &good);
        static const size_t flipped[] = {0, 1, 7};

        SW_ASSERT_OK(test_verify_hex(&pub, hashes[2], curves[c].sigs[2]));
        for (size_t len = 0; len < good.len; len++) {
            bad = good;
            bad.len = len;
            refused(c, &bad);
        }
        bad = good;
        bad.len++;
        refused(c, &bad);
        for (unsigned form = 0; form < 256; form++) { /* infinity, compressed, hybrid, and what means nothing */
            bad = good;
            bad.p[0] = (uint8_t)form;
            if (form != 4)
                refused(c, &bad);
        }
        bad = good;
        bad.p[0] = 2 | (good.p[good.len - 1] & 1);
        bad.len = 1 + curves[c].len;
        refused(c, &bad);
        bad.len = 1;
        bad.p[0] = 0;
        refused(c, &bad);
        memset(bad.p + 1, 0, sizeof bad.p - 1);
        bad.p[0] = 4;
        bad.len = good.len;
        refused(c, &bad);
        for (size_t i = 1; i < good.len; i += 5) /* off the curve */
            for (size_t j = 0; j < 3; j++) {
                bad = good;
                bad.p[i] ^= (uint8_t)(1 << flipped[j]);
                refused(c, &bad);
            }
    }
}

/*
 * x + p and y + p, where the field's bytes have room for them: the same point in a form nobody may send (SEC 1 2.3.4).
 */
static void coordinates_above_the_prime_are_refused(void)
{
    const size_t c = 2;
    struct test_bytes good = test_unhex(curves[c].point), bad, prime = test_unhex(curves[c].prime);

    for (size_t which = 0; which < 2; which++) {
        unsigned carry = 0;

        bad = good;
        for (size_t i = prime.len; i-- > 0;) {
            uint8_t *at = &bad.p[1 + which * prime.len + i];

            carry += (unsigned)*at + prime.p[i];
            *at = (uint8_t)carry;
            carry >>= 8;
        }
        CU_ASSERT_EQUAL(carry, 0);
        refused(c, &bad);
    }
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static void derives_what_openssl_derives(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct sw_privkey *key = test_ec_key(curves[c].id, curves[c].scalar);
        struct test_bytes peer = test_unhex(curves[c].peer);
        uint8_t out[FIELD_MAX];
        size_t len = 0;

        SW_ASSERT_OK(sw_privkey_ecdh(key, (struct sw_slice){peer.p, peer.len}, out, &len));
        SW_ASSERT_HEX(out, len, curves[c].shared);
        sw_privkey_free(key);
    }
}

static void scalars_out_of_range_are_refused(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct test_bytes n = test_unhex(curves[c].order);
        struct sw_privkey *key = NULL;

        SW_ASSERT_ERR(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){n.p, n.len}), SW_ERR_KEY_DECODE);
        n.p[n.len - 1]++;
        SW_ASSERT_ERR(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){n.p, n.len}), SW_ERR_KEY_DECODE);
        n.p[n.len - 1] = (uint8_t)(n.p[n.len - 1] - 2); /* n - 1 */
        SW_ASSERT_OK(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){n.p, n.len}));
        sw_privkey_free(key);
        SW_ASSERT_ERR(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){n.p, n.len - 1}), SW_ERR_KEY_DECODE);
        SW_ASSERT_ERR(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){n.p, n.len + 1}), SW_ERR_KEY_DECODE);
        SW_ASSERT_ERR(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){NULL, 0}), SW_ERR_KEY_DECODE);
        memset(n.p, 0, n.len);
        SW_ASSERT_ERR(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){n.p, n.len}), SW_ERR_KEY_DECODE);
        SW_ASSERT_ERR(sw_privkey_new_ec(&key, 29, (struct sw_slice){n.p, n.len}), SW_ERR_UNSUPPORTED);
    }
}

static void scalars_come_and_go(void)
{
    for (size_t c = 0; c < CURVES; c++) {
        struct sw_privkey *key = NULL, *again = NULL;
        uint8_t buf[FIELD_MAX];
        size_t len = 0;

        SW_ASSERT_OK(sw_privkey_generate(&key, SW_KEY_EC, curves[c].id));
        SW_ASSERT_ERR(sw_privkey_scalar(key, buf, curves[c].len - 1, &len), SW_ERR_SPACE);
        SW_ASSERT_OK(sw_privkey_scalar(key, buf, sizeof buf, &len));
        CU_ASSERT_EQUAL(len, curves[c].len);
        SW_ASSERT_OK(sw_privkey_new_ec(&again, curves[c].id, (struct sw_slice){buf, len}));
        CU_ASSERT_TRUE(sw_pubkey_eq(sw_privkey_public(key), sw_privkey_public(again)));
        sw_privkey_free(again);
        sw_privkey_free(key);

        memset(buf, 0, sizeof buf); /* leading zeroes stay */
        buf[curves[c].len - 1] = 5;
        SW_ASSERT_OK(sw_privkey_new_ec(&key, curves[c].id, (struct sw_slice){buf, curves[c].len}));
        memset(buf, 0xff, sizeof buf);
        SW_ASSERT_OK(sw_privkey_scalar(key, buf, sizeof buf, &len));
        CU_ASSERT_EQUAL(len, curves[c].len);
        CU_ASSERT_EQUAL(buf[0], 0);
        CU_ASSERT_EQUAL(buf[len - 1], 5);
        sw_privkey_free(key);
    }
}

SW_TEST_SUITE(pkey_ec){
    SW_TEST(verifies_openssl_signatures),
    SW_TEST(signs_with_each_hash),
    SW_TEST(integers_out_of_range_are_refused),
    SW_TEST(other_der_is_refused),
    SW_TEST(points_that_are_none_are_refused),
    SW_TEST(coordinates_above_the_prime_are_refused),
    SW_TEST(derives_what_openssl_derives),
    SW_TEST(scalars_out_of_range_are_refused),
    SW_TEST(scalars_come_and_go),
};
