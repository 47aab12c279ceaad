/*
 * Several files that appear together: all are on the disk before the first one gets its name, and if one cannot get it
 * the others lose theirs.
 */
#include "ttp/ttp_ca.h"
#include <errno.h>
#include <unistd.h>

int ttp_stage(const struct ttp *t, struct ttp_stages *s, const char *path, struct sw_slice bytes, unsigned flags)
{
    if (!*path || !bytes.p)
        return TTP_DONE;
    enum sw_err err = sw_file_stage(&s->v[s->n], path, bytes.p, bytes.len,
                                    flags | (ttp_has(t, TTP_OPT_FORCE) ? SW_FILE_REPLACE : 0u));
    if (err != SW_OK)
        return ttp_fail(t, err, path);
    s->n++;
    return TTP_DONE;
}

int ttp_stage_certs(const struct ttp *t, struct ttp_stages *s, const char *path, const struct sw_slice *ders, size_t n,
                    unsigned flags)
{
    struct sw_file pem;
    int err = ttp_certs_pem(t, ders, n, &pem);
    if (!err)
        err = ttp_stage(t, s, path, (struct sw_slice){pem.p, pem.len}, flags);
    sw_file_free(&pem);
    return err;
}

void ttp_stages_forget(struct ttp_stages *s)
{
    for (size_t i = 0; i < s->n; i++)
        sw_file_abort(&s->v[i]);
    s->n = 0;
}

void ttp_stages_take_back(struct ttp_stages *s)
{
    int saved = errno;
    for (size_t i = 0; i < s->named; i++)
        if (!s->v[i].replaced)
            unlink(s->v[i].path);
    s->named = 0;
    errno = saved;
}

int ttp_stages_name(const struct ttp *t, struct ttp_stages *s)
{
    for (size_t i = s->named = 0; i < s->n; i++) {
        enum sw_err err = sw_file_commit(&s->v[i]);
        if (err != SW_OK) {
            ttp_stages_take_back(s);
            return ttp_fail(t, err, s->v[i].path);
        }
        s->named++;
    }
    return TTP_DONE;
}
