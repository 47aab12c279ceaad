/*
 * Messages: any bytes are opened or refused, whatever they are. If the first byte is odd, the rest is
 * what stands inside the encryption: it is encrypted here, so that the fuzzer reaches the signed part, which it could
 * never encrypt itself.
 *
 * Keys are fixed, so that seeds stay good: ECDSA signatures in the seeds are by the scalar below, certificates signed
 * by Ed25519 come out the same.
 */
#include "apps/seal/crypt.h"
#include "apps/seal/recipient.h"
#include "apps/seal/seal.h"
#include "base/rand.h"
#include "ttp/issue.h"
#include "ttp/key.h"
#include "ttp/sign.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000 };

static struct seal_chain root, us;
static struct sw_privkey *root_key, *key;
static struct sw_trust *trust;

static void make(struct seal_chain *chain, const char *name, const char *profile, const struct sw_privkey *subject)
{
    uint8_t text[64], spki[SW_SPKI_MAX], der[4096];
    struct sw_writer n = sw_writer_of(text, sizeof text), k = sw_writer_of(spki, sizeof spki);
    size_t len;
    sw_subject_encode(&n, &(struct sw_subject){.cn = name});
    sw_spki_encode(&k, sw_privkey_public(subject));
    struct sw_issue what = {.profile = sw_profile_by_name(profile),
                            .serial = {(const uint8_t *)"\1", 1},
                            .subject = {text, n.len},
                            .spki = {spki, k.len},
                            .not_before = NOW - 1000,
                            .not_after = NOW + 1000,
                            .path_len = -1,
                            .issuer = chain == &root ? NULL : &root.cert[0],
                            .key = root_key};
    if (sw_issue(&what, der, sizeof der, &len) != SW_OK || seal_chain_read(chain, der, len) != SW_OK)
        abort();
}

static void setup(void)
{
    uint8_t scalar[32];
    memset(scalar, 7, sizeof scalar);
    if (sw_privkey_new_ed(&root_key, SW_KEY_ED25519, (struct sw_slice){scalar, 32}) != SW_OK)
        abort();
    memset(scalar, 9, sizeof scalar);
    if (sw_privkey_new_ec(&key, SW_CURVE_P256, (struct sw_slice){scalar, 32}) != SW_OK)
        abort();
    make(&root, "R", "root", root_key);
    make(&us, "u", "client", key);
    trust = sw_trust_new();
    if (!trust || sw_trust_add(trust, root.cert[0].der.p, root.cert[0].der.len) != SW_OK)
        abort();
}

static void open_it(const uint8_t *p, size_t len)
{
    const struct seal_open_params params = {.self = {&us, key}, .trust = trust, .now = NOW};
    struct seal_verdict v;
    uint8_t *body;
    size_t body_len;
    bool ok = seal_open_buffer(&params, p, len, &body, &body_len, &v);
    /* nobody can make a signature of ours but we, and a refusal has words */
    if (ok != (v.status.result == SEAL_OK) || ok != (body != NULL) || (!ok && !*v.status.reason))
        abort();
    if (ok && (strcmp(v.signer, "u") != 0 || body_len != v.size))
        abort();
    free(body);
}

/* An envelope of ours around any bytes. */
static void envelope(struct seal_buf *out, const uint8_t *p, size_t len, struct seal_status *st)
{
    static const uint8_t head[] = {0x30, 0x80, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
                                   0x09, 0x10, 0x01, 0x17, 0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x00},
                         content[] = {0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07,
                                      0x01, 0x30, 0x1e, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                                      0x01, 0x2e, 0x30, 0x11, 0x04, 0x0c, 0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0x02, 0x01, 0x10, 0xa0, 0x80},
                         ends[6] = {0};
    static struct crypt_sink crypt;
    uint8_t fresh[32], info[RECIPIENT_MAX], tag[18] = {SW_DER_OCTET_STRING, 16};
    struct sw_writer w = sw_writer_of(info, sizeof info);
    size_t set = sw_der_open(&w, SW_DER_SET);
    if (sw_rand_bytes(NULL, fresh, sizeof fresh) != SW_OK || !recipient_write(&w, &us.cert[0], fresh, 32, st))
        abort();
    sw_der_close(&w, set);
    out->sink.write(&out->sink, head, sizeof head);
    out->sink.write(&out->sink, info, w.len);
    out->sink.write(&out->sink, content, sizeof content);
    if (!crypt_sink_init(&crypt, &out->sink, fresh, 32, content + 30, st) || !crypt.sink.write(&crypt.sink, p, len) ||
        !crypt_sink_end(&crypt, tag + 2))
        abort();
    crypt_sink_wipe(&crypt);
    out->sink.write(&out->sink, ends, 4);
    out->sink.write(&out->sink, tag, sizeof tag);
    out->sink.write(&out->sink, ends, 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seal_status st = {0};
    struct seal_buf out;
    if (!trust)
        setup();
    if (size == 0)
        return 0;
    if ((data[0] & 1) == 0) {
        open_it(data + 1, size - 1);
        return 0;
    }
    seal_buf_init(&out, SIZE_MAX / 2, &st);
    envelope(&out, data + 1, size - 1, &st);
    open_it(out.p, out.len);
    seal_buf_free(&out);
    return 0;
}
