/*
 * Certificates that were changed in one place or a few, read by our parser and by OpenSSL's. We are stricter on
 * purpose; what must not happen is that we accept what OpenSSL refuses.
 *   certs [--count N] [--seed S] FILE...   certificates in PEM to begin with
 * A change is made in the tree of TLVs, and the lengths around it are put right, so that it gets deep into the parsers.
 * Ends with exit code 1 if there was a certificate that only we accept: it is shown in hexadecimal.
 */
#include "tests/diff/openssl.h"
#include "ttp/cert.h"
#include "ttp/file.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16384, NODES = 2048, DEPTH = 24, SEEDS = 64 };

struct bytes {
    uint8_t p[MOST];
    size_t len;
};

/* A TLV: where its header, contents and end are, and what encloses it. */
struct node {
    size_t at, content, end;
    int parent;
};

static uint64_t state = 1;

static size_t draw(size_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return below ? (size_t)(state % below) : 0;
}

/* --- the tree ----------------------------------------------------------------------------------------------------- */

static bool header(const struct bytes *b, size_t at, size_t end, size_t *content, size_t *next)
{
    size_t len, n;
    if (end - at < 2)
        return false;
    len = b->p[at + 1];
    *content = at + 2;
    if (len >= 0x80) {
        n = len & 0x7f;
        if (n == 0 || n > 3 || end - at - 2 < n)
            return false;
        len = 0;
        for (size_t i = 0; i < n; i++)
            len = len << 8 | b->p[at + 2 + i];
        *content += n;
    }
    *next = *content + len;
    return len <= end - *content;
}

/* Nodes below [at, end); octet and bit strings are looked into, too, as extensions and keys lie in them. */
static size_t walk(const struct bytes *b, size_t at, size_t end, int parent, int depth, struct node *nodes, size_t n)
{
    size_t content, next;
    while (at < end && n < NODES && header(b, at, end, &content, &next)) {
        int me = (int)n;
        uint8_t tag = b->p[at];
        nodes[n++] = (struct node){at, content, next, parent};
        if (depth < DEPTH && (tag & 0x20))
            n = walk(b, content, next, me, depth + 1, nodes, n);
        else if (depth < DEPTH && tag == 0x04)
            n = walk(b, content, next, me, depth + 1, nodes, n);
        at = next;
    }
    return n;
}

static size_t write_length(uint8_t *out, size_t len)
{
    if (len < 0x80) {
        out[0] = (uint8_t)len;
        return 1;
    }
    if (len < 0x100) {
        out[0] = 0x81;
        out[1] = (uint8_t)len;
        return 2;
    }
    out[0] = 0x82;
    out[1] = (uint8_t)(len >> 8);
    out[2] = (uint8_t)len;
    return 3;
}

/* Replace [from, to) by len bytes, and put right the lengths of what encloses it. */
static bool splice(struct bytes *b, const struct node *nodes, int inside, size_t from, size_t to, const uint8_t *p,
                   size_t len)
{
    static struct bytes out;
    if (b->len - (to - from) + len > MOST - 16)
        return false;
    memcpy(out.p, b->p, from);
    memcpy(out.p + from, p, len);
    memcpy(out.p + from + len, b->p + to, b->len - to);
    out.len = b->len - (to - from) + len;
    long grown = (long)len - (long)(to - from);
    for (; inside >= 0; inside = nodes[inside].parent) {
        const struct node *node = &nodes[inside];
        uint8_t bytes[4];
        size_t content = (size_t)((long)(node->end - node->content) + grown), n = write_length(bytes, content),
               was = node->content - node->at - 1;
        memmove(out.p + node->at + 1 + n, out.p + node->content, out.len - node->content);
        memcpy(out.p + node->at + 1, bytes, n);
        out.len = out.len + n - was;
        grown += (long)n - (long)was;
    }
    *b = out;
    return true;
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static bool change(struct bytes *b)
{
    static struct node nodes[NODES];
    static uint8_t piece[MOST];
    static const uint8_t tags[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x16, 0x17, 0x18,
                                   0x30, 0x31, 0x80, 0x81, 0x82, 0x86, 0xa0, 0xa1, 0xa3, 0x24, 0x1f, 0x00};
    size_t n = walk(b, 0, b->len, -1, 0, nodes, 0);
    if (n == 0)
        return false;
    const struct node *one = &nodes[draw(n)], *other = &nodes[draw(n)];
    size_t len = one->end - one->content, whole = one->end - one->at, at;
    switch (draw(10)) {
    case 0: /* another tag */
        b->p[one->at] = tags[draw(sizeof tags)];
        return true;
    case 1: /* gone */
        return splice(b, nodes, one->parent, one->at, one->end, piece, 0);
    case 2: /* twice */
        memcpy(piece, b->p + one->at, whole);
        return splice(b, nodes, one->parent, one->end, one->end, piece, whole);
    case 3: /* a copy of another one in its place */
        memcpy(piece, b->p + other->at, other->end - other->at);
        return splice(b, nodes, one->parent, one->at, one->end, piece, other->end - other->at);
    case 4: /* one byte of it */
        if (len == 0)
            return false;
        b->p[one->content + draw(len)] = (uint8_t)draw(256);
        return true;
    case 5: /* one bit of it */
        if (len == 0)
            return false;
        b->p[one->content + draw(len)] ^= (uint8_t)(1u << draw(8));
        return true;
    case 6: /* shorter */
        if (len == 0)
            return false;
        at = one->content + draw(len);
        return splice(b, nodes, (int)(one - nodes), at, one->end, piece, 0);
    case 7: /* longer */
        piece[0] = (uint8_t)draw(256);
        at = one->content + draw(len + 1);
        return splice(b, nodes, (int)(one - nodes), at, at, piece, 1);
    case 8: /* a length in more bytes than it needs, or another one */
        if (len >= 0x80 || b->len + 1 > MOST)
            return false;
        piece[0] = b->p[one->at];
        piece[1] = 0x81;
        piece[2] = (uint8_t)len;
        memcpy(piece + 3, b->p + one->content, len);
        return splice(b, nodes, one->parent, one->at, one->end, piece, len + 3);
    default: /* empty */
        return splice(b, nodes, (int)(one - nodes), one->content, one->end, piece, 0);
    }
}

/* --- verdicts ----------------------------------------------------------------------------------------------------- */

static bool we_take(const struct bytes *b)
{
    struct sw_cert cert;
    return sw_cert_parse(&cert, b->p, b->len) == SW_OK;
}

static void show(const struct bytes *b)
{
    printf("only Sealwax accepts (%s): ", openssl_why(b->p, b->len));
    for (size_t i = 0; i < b->len; i++)
        printf("%02x", b->p[i]);
    printf("\n");
}

static void read_seed(const char *path, struct bytes *out)
{
    struct sw_file file = {0};
    struct sw_pem block;
    if (sw_file_read(path, SW_FILE_MAX, &file) != SW_OK) {
        fprintf(stderr, "certs: %s: cannot be read\n", path);
        exit(2);
    }
    struct sw_reader r = sw_reader_of(file.p, file.len);
    if (!sw_pem_next(&r, &block) || sw_pem_decode(&block, out->p, MOST, &out->len) != SW_OK || !we_take(out) ||
        !openssl_takes(out->p, out->len)) {
        fprintf(stderr, "certs: %s: no certificate that both accept\n", path);
        exit(2);
    }
    sw_file_free(&file);
}

int main(int argc, char **argv)
{
    static struct bytes seeds[SEEDS], b;
    unsigned long count = 200000, both = 0, neither = 0, ours = 0, theirs = 0;
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
            count = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            state = strtoull(argv[++i], NULL, 10) | 1;
        else if (n < SEEDS)
            read_seed(argv[i], &seeds[n++]);
    }
    if (n == 0)
        return 2;
    for (unsigned long i = 0; i < count; i++) {
        b = seeds[draw(n)];
        for (size_t k = draw(4) + 1; k > 0; k--)
            (void)change(&b);
        bool we = we_take(&b), they = openssl_takes(b.p, b.len);
        *(we && they ? &both : we ? &ours : they ? &theirs : &neither) += 1;
        if (we && !they && ours <= 5)
            show(&b);
    }
    printf("%lu changed certificates: both accept %lu, both refuse %lu, only OpenSSL accepts %lu, only Sealwax accepts "
           "%lu\n",
           count, both, neither, theirs, ours);
    return ours != 0;
}
