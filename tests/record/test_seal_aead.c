/* Known records of AES-GCM and ChaCha20-Poly1305, TLS 1.2 and 1.3: those of tests/vectors/record.py, and RFC 8448's. */
#include "record/record.h"
#include "tests/record/vector.h"
#include "tests/test.h"

enum { VECTORS = sizeof vectors_aead / sizeof vectors_aead[0] };

static void seals_known_records(void)
{
    for (size_t i = 0; i < VECTORS; i++)
        vector_seals(&vectors_aead[i]);
}

static void opens_known_records(void)
{
    for (size_t i = 0; i < VECTORS; i++)
        vector_opens(&vectors_aead[i]);
}

/* RFC 8446 5.4: zeros behind the content type are not content. */
static void opens_padded_records(void)
{
    for (size_t i = 0; i < sizeof vectors_padded / sizeof vectors_padded[0]; i++)
        vector_opens(&vectors_padded[i]);
}

/*
 * RFC 8446 5.4: no content type among the zeros: unexpected_message. Any byte changed and it is bad_record_mac before
 * that.
 */
static void nothing_but_zeros(void)
{
    for (size_t i = 0; i < sizeof vectors_zeros / sizeof vectors_zeros[0]; i++) {
        const struct record_vector *v = &vectors_zeros[i];
        uint8_t rec[VECTOR_SHORT];
        size_t n = sw_unhex(v->record, rec, sizeof rec), len;

        rec[n - 1] ^= 1;
        SW_ASSERT_ERR(vector_open(v, rec, n, &len), SW_ERR_BAD_RECORD_MAC);
        n = sw_unhex(v->record, rec, sizeof rec);
        SW_ASSERT_ERR(vector_open(v, rec, n, &len), SW_ERR_UNEXPECTED_MESSAGE);
    }
}

/* Records of the other version of the protocol, and those of our own past or future. */
static void another_nonce(void)
{
    for (size_t i = 0; i < VECTORS; i++) {
        struct record_vector v = vectors_aead[i];
        uint8_t rec[VECTOR_SHORT], type;
        size_t n, len;

        if (v.record_len > VECTOR_SHORT)
            continue;
        n = sw_unhex(v.record, rec, sizeof rec);
        v.flags ^= VECTOR_TLS13;
        SW_ASSERT_ERR(vector_open(&v, rec, n, &len), SW_ERR_BAD_RECORD_MAC);
        v.flags ^= VECTOR_TLS13;
        for (unsigned bit = 0; bit < 64; bit++) {
            struct sw_record_secrets s = vector_secrets(&v);
            struct sw_record_dir *dir = vector_dir(&s, false);
            struct sw_slice out;

            s.seq ^= UINT64_C(1) << bit;
            (void)sw_unhex(v.record, rec, sizeof rec);
            SW_ASSERT_ERR(sw_record_open(dir, rec, n, &type, &out), SW_ERR_BAD_RECORD_MAC);
            vector_dir_free(dir);
        }
    }
}

/*
 * 2^14 bytes and one more with a good tag: sealed below the check that sw_record_seal makes. With the 1.3 form, the
 * plaintext counts its padding but not its content type (RFC 8446 5.4): a type of zero makes what is sealed end in one
 * byte of it.
 */
static void a_plaintext_too_long(void)
{
    static uint8_t rec[VECTOR_ROOM], padded[SW_RECORD_PLAIN_MAX + 1];

    memcpy(padded, vector_plain(), sizeof padded);
    for (size_t i = 0; i < VECTORS; i++) {
        const struct record_vector *v = &vectors_aead[i];
        struct sw_seal_job job = {
            SW_CT_APPLICATION_DATA, {vector_plain(), SW_RECORD_PLAIN_MAX + 1}, rec, 0, VECTOR_SEQ};
        struct sw_record_secrets s = vector_secrets(v);
        struct sw_record_dir *dir = vector_dir(&s, true);
        size_t n;

        if (v->len == SW_RECORD_PLAIN_MAX) {
            SW_ASSERT_ERR(sw_record_seal(dir, NULL, job.type, job.data, rec, &n), SW_ERR_ARGUMENT);
            SW_ASSERT_OK(sw_seal_aead(dir, &job));
            SW_ASSERT_ERR(vector_open(v, rec, job.out, &n), SW_ERR_RECORD_OVERFLOW);
        }
        if (v->len == SW_RECORD_PLAIN_MAX && s.tls13) {
            job.type = (enum sw_content_type)0;
            for (size_t extra = 0; extra < 2; extra++) {
                job.data = (struct sw_slice){padded, SW_RECORD_PLAIN_MAX + extra};
                padded[job.data.len - 1] = SW_CT_APPLICATION_DATA;
                SW_ASSERT_OK(sw_seal_aead(dir, &job));
                SW_ASSERT_ERR(vector_open(v, rec, job.out, &n), extra == 0 ? SW_OK : SW_ERR_RECORD_OVERFLOW);
                padded[job.data.len - 1] = vector_plain()[job.data.len - 1];
            }
        }
        vector_dir_free(dir);
    }
}

/* RFC 8446 5.2: at most 2^14 + 256 bytes, refused before anything is decrypted; RFC 5246 6.2.3: 2^14 + 2048. */
static void a_ciphertext_too_long(void)
{
    static uint8_t rec[VECTOR_ROOM + 1];

    for (size_t i = 0; i < VECTORS; i++) {
        size_t most = SW_RECORD_PLAIN_MAX + (vectors_aead[i].flags == VECTOR_TLS13 ? 256 : 2048), len;

        if (vectors_aead[i].len != 0)
            continue;
        SW_ASSERT_ERR(vector_open(&vectors_aead[i], rec, SW_RECORD_HEADER + most, &len), SW_ERR_BAD_RECORD_MAC);
        SW_ASSERT_ERR(vector_open(&vectors_aead[i], rec, SW_RECORD_HEADER + most + 1, &len), SW_ERR_RECORD_OVERFLOW);
    }
}

/* RFC 8448 3: keys, sequence number, and a whole record of the trace. */
static const struct trace {
    const char *key, *iv;
    uint64_t seq;
    enum sw_content_type type;
    const char *plain, *record;
} traces[] = {
#define CLIENT "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"
#define SERVER "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"
#define FIFTY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031"
    {CLIENT, 0, SW_CT_APPLICATION_DATA, FIFTY,
     "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2"
     "977014bd1e3deae63aeebb21694915e4"},
    {SERVER, 1, SW_CT_APPLICATION_DATA, FIFTY,
     "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a2"
     "1c0047c2abf332540dd032e167c2955d"},
    {CLIENT, 1, SW_CT_ALERT, "0100", "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"},
    {SERVER, 2, SW_CT_ALERT, "0100", "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"},
};

static void rfc8448_records(void)
{
    for (size_t i = 0; i < sizeof traces / sizeof traces[0]; i++) {
        const struct trace *t = &traces[i];
        struct sw_record_secrets s = {.bulk = &sw_bulk_aes128_gcm, .tls13 = true, .version = 0x0303, .seq = t->seq};
        uint8_t plain[64], rec[128], type = 0;
        struct sw_record_dir *dir;
        struct sw_slice out = {plain, sw_unhex(t->plain, plain, sizeof plain)};
        size_t n;

        (void)sw_unhex(t->key, s.key, sizeof s.key);
        (void)sw_unhex(t->iv, s.iv, sizeof s.iv);
        dir = vector_dir(&s, true);
        SW_ASSERT_OK(sw_record_seal(dir, NULL, t->type, out, rec, &n));
        SW_ASSERT_HEX(rec, n, t->record);
        CU_ASSERT_EQUAL(n, strlen(t->record) / 2);
        vector_dir_free(dir);

        s.seq = t->seq;
        dir = vector_dir(&s, false);
        n = sw_unhex(t->record, rec, sizeof rec);
        SW_ASSERT_OK(sw_record_open(dir, rec, n, &type, &out));
        CU_ASSERT_EQUAL(type, t->type);
        SW_ASSERT_HEX(out.p, out.len, t->plain);
        CU_ASSERT_EQUAL(out.len, strlen(t->plain) / 2);
        vector_dir_free(dir);
    }
}

SW_TEST_SUITE(seal_aead){
    SW_TEST(seals_known_records),   SW_TEST(opens_known_records), SW_TEST(opens_padded_records),
    SW_TEST(nothing_but_zeros),     SW_TEST(another_nonce),       SW_TEST(a_plaintext_too_long),
    SW_TEST(a_ciphertext_too_long), SW_TEST(rfc8448_records),
};
