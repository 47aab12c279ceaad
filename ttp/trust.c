/*
 * What is trusted: roots and revocation lists, each in one allocation with its bytes behind it, so that pointers stay.
 */
#include "base/hash.h"
#include "ttp/crl_index.h"
#include "ttp/der.h"
#include "ttp/path.h"
#include "ttp/pem.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct root {
    struct sw_cert cert;
    uint8_t id[SW_ROOT_ID_LEN];
    uint8_t der[];
};

/* Who signed a list: a digest of the key that verified it, written once. */
enum { UNKNOWN, BEING_WRITTEN, KNOWN };

struct list {
    struct sw_crl crl;
    struct sw_crl_index *index;
    atomic_int state;
    uint8_t signer[32];
    uint8_t der[];
};

/* Pointers that grow by doubling. */
struct pointers {
    void **p;
    size_t len, cap;
};

struct sw_trust {
    struct pointers roots, lists;
};

static bool push(struct pointers *a, void *item)
{
    if (a->len == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 4;
        void **p = realloc(a->p, cap * sizeof *p);

        if (!p)
            return false;
        a->p = p;
        a->cap = cap;
    }
    a->p[a->len++] = item;
    return true;
}

static void release(struct pointers *a)
{
    for (size_t i = 0; i < a->len; i++)
        free(a->p[i]);
    free(a->p);
}

struct sw_trust *sw_trust_new(void)
{
    return calloc(1, sizeof(struct sw_trust));
}

void sw_trust_free(struct sw_trust *trust)
{
    if (!trust)
        return;
    for (size_t i = 0; i < trust->lists.len; i++)
        sw_crl_index_free(((struct list *)trust->lists.p[i])->index);
    release(&trust->roots);
    release(&trust->lists);
    free(trust);
}

/* What a PEM block holds, or a file that is DER itself. */
struct source {
    const struct sw_pem *block; /* NULL: der */
    struct sw_slice der;
};

/* At most max bytes: half of a PEM block may be white space; 0: even then it is too long. */
static size_t room_for(const struct source *from, size_t max)
{
    size_t room = from->block != NULL ? from->block->body.len / 4 * 3 + 3 : from->der.len;
    size_t most = from->block != NULL ? 2 * max : max;

    return room > most ? 0 : room < max ? room : max;
}

/* The bytes, in the place where they stay: a list may have tens of millions. */
static enum sw_err fetch(const struct source *from, uint8_t *out, size_t room, size_t *len)
{
    if (from->block != NULL)
        return sw_pem_decode(from->block, out, room, len);
    memcpy(out, from->der.p, from->der.len);
    *len = from->der.len;
    return SW_OK;
}

enum sw_err sw_trust_root_id(const struct sw_cert *root, uint8_t id[SW_ROOT_ID_LEN])
{
    uint8_t digest[32];
    struct sw_hash hash;
    enum sw_err err = sw_hash_init(&hash, SW_HASH_SHA256);

    if (err != SW_OK)
        return err;
    err = sw_hash_update(&hash, root->subject.p, root->subject.len);
    if (err == SW_OK)
        err = sw_hash_update(&hash, root->spki.p, root->spki.len);
    if (err == SW_OK)
        err = sw_hash_final(&hash, digest);
    if (err == SW_OK)
        memcpy(id, digest, SW_ROOT_ID_LEN);
    return err;
}

static enum sw_err add_root(struct sw_trust *trust, const struct source *from)
{
    struct root *root;
    enum sw_err err;
    size_t len, room = room_for(from, SW_CERT_LEN_MAX);

    if (room == 0)
        return SW_ERR_CERT_DECODE;
    root = malloc(sizeof *root + room);
    if (!root)
        return SW_ERR_MEMORY;
    err = fetch(from, root->der, room, &len);
    if (err == SW_ERR_SPACE)
        err = SW_ERR_CERT_DECODE;
    if (err == SW_OK)
        err = sw_cert_parse(&root->cert, root->der, len);
    if (err == SW_OK)
        err = sw_trust_root_id(&root->cert, root->id);
    if (err == SW_OK && push(&trust->roots, root))
        return SW_OK;
    free(root);
    return err == SW_OK ? SW_ERR_MEMORY : err;
}

static enum sw_err add_list(struct sw_trust *trust, const struct source *from)
{
    struct list *list;
    enum sw_err err;
    size_t len, room = room_for(from, SW_CRL_LEN_MAX);

    if (room == 0)
        return SW_ERR_CRL;
    list = malloc(sizeof *list + room);
    if (!list)
        return SW_ERR_MEMORY;
    atomic_init(&list->state, UNKNOWN);
    list->index = NULL;
    err = fetch(from, list->der, room, &len);
    if (err == SW_ERR_SPACE)
        err = SW_ERR_CRL;
    if (err == SW_OK)
        err = sw_crl_parse(&list->crl, list->der, len);
    if (err == SW_OK)
        err = sw_crl_index_new(&list->index, &list->crl);
    if (err == SW_OK && push(&trust->lists, list))
        return SW_OK;
    sw_crl_index_free(list->index);
    free(list);
    return err == SW_OK ? SW_ERR_MEMORY : err;
}

static bool is_wanted(const struct sw_pem *block, bool lists)
{
    if (lists)
        return sw_pem_is(block, "X509 CRL");
    return sw_pem_is(block, "CERTIFICATE") || sw_pem_is(block, "X509 CERTIFICATE");
}

/* Every wanted block of a PEM file, or the one object that a DER file is. */
static enum sw_err add_all(struct sw_trust *trust, const void *data, size_t len, bool lists)
{
    enum sw_err (*add)(struct sw_trust *, const struct source *) = lists ? add_list : add_root;
    struct sw_reader r = sw_reader_of(data, len);
    enum sw_err err = SW_OK, bad = SW_OK;
    size_t added = 0, found = 0;
    struct sw_pem block;

    if (len > 0 && ((const uint8_t *)data)[0] == SW_DER_SEQUENCE)
        return add(trust, &(struct source){.der = {data, len}});
    while (err != SW_ERR_MEMORY && sw_pem_next(&r, &block)) {
        if (!is_wanted(&block, lists))
            continue;
        found++;
        err = add(trust, &(struct source){.block = &block});
        added += err == SW_OK;
        if (err != SW_OK)
            bad = err;
    }
    if (err == SW_ERR_MEMORY)
        return err;
    if (found == 0)
        return SW_ERR_PEM;
    return bad != SW_OK && (lists || added == 0) ? bad : SW_OK;
}

enum sw_err sw_trust_add(struct sw_trust *trust, const void *pem, size_t len)
{
    return add_all(trust, pem, len, false);
}

enum sw_err sw_trust_add_crl(struct sw_trust *trust, const void *pem, size_t len)
{
    return add_all(trust, pem, len, true);
}

size_t sw_trust_count(const struct sw_trust *trust)
{
    return trust->roots.len;
}

const struct sw_cert *sw_trust_at(const struct sw_trust *trust, size_t i)
{
    return i < trust->roots.len ? &((struct root *)trust->roots.p[i])->cert : NULL;
}

bool sw_trust_has_root(const struct sw_trust *trust, const uint8_t id[SW_ROOT_ID_LEN])
{
    for (size_t i = 0; i < trust->roots.len; i++)
        if (memcmp(((struct root *)trust->roots.p[i])->id, id, SW_ROOT_ID_LEN) == 0)
            return true;
    return false;
}

const struct sw_crl *sw_trust_crl(const struct sw_trust *trust, size_t i)
{
    return i < trust->lists.len ? &((struct list *)trust->lists.p[i])->crl : NULL;
}

bool sw_trust_crl_find(const struct sw_trust *trust, size_t i, struct sw_slice serial, struct sw_crl_entry *entry,
                       size_t *looked_at)
{
    return sw_crl_index_find(((struct list *)trust->lists.p[i])->index, serial, entry, looked_at);
}

bool sw_trust_lists(const struct sw_trust *trust, struct sw_slice serial)
{
    struct sw_crl_entry entry;
    size_t looked_at;

    for (size_t i = 0; i < trust->lists.len; i++)
        if (sw_trust_crl_find(trust, i, serial, &entry, &looked_at))
            return true;
    return false;
}

bool sw_trust_has_lists(const struct sw_trust *trust)
{
    return trust->lists.len > 0;
}

bool sw_trust_crl_signed(const struct sw_trust *trust, size_t i, struct sw_slice spki)
{
    struct list *list = trust->lists.p[i];
    uint8_t digest[sizeof list->signer];

    return atomic_load_explicit(&list->state, memory_order_acquire) == KNOWN &&
           sw_hash_once(SW_HASH_SHA256, spki.p, spki.len, digest) == SW_OK &&
           memcmp(digest, list->signer, sizeof digest) == 0;
}

void sw_trust_crl_believe(const struct sw_trust *trust, size_t i, struct sw_slice spki)
{
    struct list *list = trust->lists.p[i];
    int unknown = UNKNOWN;
    uint8_t digest[sizeof list->signer];

    if (sw_hash_once(SW_HASH_SHA256, spki.p, spki.len, digest) != SW_OK ||
        !atomic_compare_exchange_strong(&list->state, &unknown, BEING_WRITTEN))
        return;
    memcpy(list->signer, digest, sizeof digest);
    atomic_store_explicit(&list->state, KNOWN, memory_order_release);
}
