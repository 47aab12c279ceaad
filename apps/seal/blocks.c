/* Text in RSA-OAEP blocks. */
#include "apps/seal/blocks.h"
#include "apps/seal/alg.h"
#include "apps/seal/crypt.h"
#include "apps/seal/recipient.h"
#include "base/wipe.h"
#include <stdlib.h>

/* OAEP takes two hashes and two bytes of each block (RFC 8017 7.1.1). */
enum { OVERHEAD = 2 * 32 + 2, HEAD_MAX = 2048 };

static bool write_blocks(struct sw_writer *w, const struct sw_cert *to, const uint8_t *p, size_t len,
                         struct seal_status *st)
{
    size_t k = to->key.n.len, room = k - OVERHEAD;
    while (len > 0) {
        size_t n = len < room ? len : room;
        uint8_t *block = sw_write_room(w, k);
        if (!block)
            return seal_fail_err(st, SW_ERR_SPACE);
        enum sw_err err = sw_pubkey_encrypt_oaep(&to->key, SW_HASH_SHA256, p, n, block, k);
        if (err != SW_OK)
            return seal_fail_err(st, err);
        p += n;
        len -= n;
    }
    return true;
}

bool blocks_write(const struct sw_cert *to, const uint8_t *p, size_t len, struct seal_sink *out, struct seal_status *st)
{
    size_t k = to->key.n.len, cap = HEAD_MAX + (len / (k - OVERHEAD) + 1) * k;
    uint8_t *buf = malloc(cap);
    if (!buf)
        return seal_fail_err(st, SW_ERR_MEMORY);
    struct sw_writer w = sw_writer_of(buf, cap);
    size_t seq = sw_der_open(&w, SW_DER_SEQUENCE);
    sw_der_write_int(&w, 1);
    issuer_and_serial_write(&w, to);
    seal_oaep_write(&w);
    size_t octets = sw_der_open(&w, SW_DER_OCTET_STRING);
    bool ok = write_blocks(&w, to, p, len, st);
    sw_der_close(&w, octets);
    sw_der_close(&w, seq);
    ok = ok && (sw_writer_ok(&w) || seal_fail_err(st, SW_ERR_SPACE)) && out->write(out, buf, w.len);
    free(buf);
    return ok;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The next block, opened; false at the end and after a failure. */
static bool next_block(struct blocks_source *b)
{
    uint8_t block[SW_SIG_MAX];
    size_t k = sw_privkey_public(b->key)->n.len, have = 0, n;
    b->len = b->next = 0;
    while (have < k && (n = ber_octets_read(b->in, block + have, k - have)) > 0)
        have += n;
    if (have == 0 || b->st->result != SEAL_OK)
        return false;
    if (have < k)
        return seal_fail(b->st, SEAL_TAMPERED, "%s", crypt_tampered);
    enum sw_err err = sw_privkey_decrypt_oaep(b->key, SW_HASH_SHA256, block, k, b->plain, &b->len);
    if (err == SW_ERR_CRYPTO || (err == SW_OK && b->len == 0))
        return seal_fail(b->st, SEAL_TAMPERED, "%s", crypt_tampered);
    if (err != SW_OK)
        return seal_fail_err(b->st, err);
    b->total += b->len;
    return b->total <= BLOCKS_PLAIN_MAX ||
           seal_fail(b->st, SEAL_TOO_LONG, "a message in RSA blocks alone holds at most %d bytes", SEAL_RSA_MAX);
}

static size_t blocks_read(struct seal_source *source, uint8_t *buf, size_t cap)
{
    struct blocks_source *b = (struct blocks_source *)source;
    if (b->next == b->len && !next_block(b))
        return 0;
    return seal_hand_out(buf, cap, b->plain, b->len, &b->next);
}

bool blocks_open(struct blocks_source *b, struct ber *in, const struct seal_self *self, struct seal_status *st)
{
    uint8_t version[16], name[HEAD_MAX], algorithm[128];
    struct sw_slice whole, sid;
    *b = (struct blocks_source){.source = {blocks_read, false}, .in = in, .st = st, .key = self->key};
    if (!ber_collect(in, SW_DER_INTEGER, version, sizeof version, &whole))
        return false;
    struct sw_reader r = sw_reader_of_slice(whole);
    if (sw_der_read_uint(&r) != 1 || !sw_reader_end(&r))
        return seal_fail(st, SEAL_UNSUPPORTED, "it is of a version that is not supported");
    if (!ber_collect(in, SW_DER_SEQUENCE, name, sizeof name, &sid) ||
        !ber_collect(in, SW_DER_SEQUENCE, algorithm, sizeof algorithm, &whole))
        return false;
    r = sw_reader_of_slice(sid);
    if (!sid_is(&r, &self->chain->cert[0]) || self->chain->cert[0].key.type != SW_KEY_RSA)
        return seal_fail(st, SEAL_NOT_FOR_US, "it is encrypted to somebody else");
    r = sw_reader_of_slice(whole);
    struct sw_reader alg = sw_der_enter(&r, SW_DER_SEQUENCE);
    if (!sw_oid_is(sw_der_read(&alg, SW_DER_OID), &seal_oid_oaep) || seal_oaep_read(&alg) != SW_HASH_SHA256)
        return seal_fail(st, SEAL_UNSUPPORTED, "its blocks are encrypted in a way that is not supported");
    return ber_octets(in, SW_DER_OCTET_STRING);
}

bool blocks_close(struct blocks_source *b)
{
    uint8_t rest[64];
    while (blocks_read(&b->source, rest, sizeof rest) > 0) {
    }
    sw_wipe(b->plain, sizeof b->plain);
    return b->st->result == SEAL_OK;
}
