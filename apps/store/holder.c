/*
 * Who holds licences: serial numbers and the names they belong to, by what was enrolled and by the certificates that
 * people have shown (the directory). Before licences had names there were only serial numbers.
 */
#include "apps/store/db.h"
#include "base/bytes.h"
#include "ttp/cert.h"
#include "ttp/pem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIAL_LEN = 20 /* RFC 5280 4.1.2.2; what is longer is told by its beginning, as by sw_conn_peer */ };

void sw_holder_text(const uint8_t *serial, size_t len, char out[SW_SERIAL_MAX])
{
    snprintf(out, SW_SERIAL_MAX, "0");
    for (size_t i = 0; i < len && i < SERIAL_LEN; i++)
        snprintf(out + 2 * i, 3, "%02x", serial[i]);
}

/* That of the first certificate of a PEM text; false if there is none. */
static bool serial_of(const char *chain, char out[SW_SERIAL_MAX])
{
    struct sw_reader r = sw_reader_of(chain, strlen(chain));
    struct sw_pem block;
    struct sw_cert cert;
    size_t len = strlen(chain), n;
    uint8_t *der = malloc(len + 1);
    bool is = der && sw_pem_next(&r, &block) && sw_pem_decode(&block, der, len, &n) == SW_OK &&
              sw_cert_parse(&cert, der, n) == SW_OK;
    if (is)
        sw_holder_text(cert.serial.p, cert.serial.len, out);
    free(der);
    return is;
}

static bool first_serial(void *ctx, const char *chain)
{
    return !serial_of(chain, ctx);
}

enum sw_err sw_store_serial_of(struct sw_store *store, const char *name, char out[SW_SERIAL_MAX])
{
    struct sw_member m;
    *out = 0;
    enum sw_err err = sw_store_member_named(store, name, &m);
    if (err == SW_OK && *m.serial)
        memcpy(out, m.serial, sizeof m.serial);
    else if (err == SW_OK || err == SW_ERR_NOT_FOUND)
        err = sw_store_chains_of(store, name, first_serial, out);
    return err ? err : *out ? SW_OK : SW_ERR_NOT_FOUND;
}

/* --- licences of an older sealwaxd -------------------------------------------------------------------------------- */

/* The next one of a holder behind that track that has no name. */
static enum sw_err next_nameless(struct sw_store *s, const char *holder, char track[SW_TRACK_MAX])
{
    enum sw_err err = db_ask(s, LICENCE_NAMELESS, db_text(holder), db_text(track));
    if (err == SW_OK)
        err = db_next(s, LICENCE_NAMELESS);
    if (err == SW_OK)
        db_get_text(s, LICENCE_NAMELESS, 1, track, SW_TRACK_MAX);
    db_done(s, LICENCE_NAMELESS);
    return err;
}

static enum sw_err name_all_of(struct sw_store *s, const struct sw_holder *who)
{
    char track[SW_TRACK_MAX] = "";
    enum sw_err err;
    while ((err = next_nameless(s, who->serial, track)) == SW_OK) {
        err = licence_set_name(s, who, track);
        if (err)
            return err;
    }
    return err == SW_ERR_NOT_FOUND ? SW_OK : err;
}

/* Whoever the row of MEMBERS or COPY_PEOPLE is. */
static enum sw_err name_by_row(struct sw_store *s, enum query q)
{
    bool member = q == MEMBERS;
    char name[SW_NAME_MAX], serial[SW_SERIAL_MAX] = "";
    const struct sw_holder who = {name, serial};
    db_get_text(s, q, member ? 1 : 0, name, sizeof name);
    if (member)
        db_get_text(s, q, 4, serial, sizeof serial);
    struct db_value chain = s->driver->column(s, q, 2);
    if (!member && (chain.type != DB_TEXT || !serial_of(chain.p, serial)))
        return SW_OK;
    return *serial ? name_all_of(s, &who) : SW_OK;
}

static enum sw_err name_by_all(struct sw_store *s, enum query q)
{
    enum sw_err err = db_ask_values(s, q, NULL, 0);
    while (err == SW_OK && (err = db_next(s, q)) == SW_OK)
        err = name_by_row(s, q);
    return db_end(s, q, err);
}

enum sw_err sw_store_name_licences(struct sw_store *store)
{
    int64_t nameless;
    enum sw_err err =
        db_number_asked(store, COUNT_NAMELESS, 0, &nameless, db_ask_values(store, COUNT_NAMELESS, NULL, 0));
    if (err || nameless == 0)
        return err;
    err = db_begin(store, "licences");
    if (err)
        return err;
    err = name_by_all(store, MEMBERS);
    if (err == SW_OK)
        err = name_by_all(store, COPY_PEOPLE);
    return db_finish(store, err);
}
